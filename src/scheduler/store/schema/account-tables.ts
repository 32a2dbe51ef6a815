/**
 * The tables of the ledger and of used offers.
 * @module
 */
import { integerColumn, textColumn, unitsColumn } from './column.js';
import { table } from './table.js';

/** The account that all credits come from; the only one whose balance may be negative. */
export const MINT = 'mint';

export const ACCOUNTS = table(
  'accounts',
  {
    account: textColumn('account'),
    balance: unitsColumn('balance', { check: `balance >= 0 OR account = '${MINT}'` }),
    /** All units that the account was paid for slices. */
    earned: unitsColumn('earned', { default: '0' }),
  },
  { primaryKey: ['account'] },
);

export const TRANSFERS = table(
  'transfers',
  {
    id: textColumn('transfer_id'),
    debit: textColumn('debit'),
    credit: textColumn('credit'),
    amount: unitsColumn('amount', { check: 'amount > 0' }),
    atMs: integerColumn('at_ms'),
  },
  { primaryKey: ['id'], indexes: [{ name: 'transfers_by_credit', fields: ['credit'] }] },
);

/** Offers that were used, so that none is used twice. */
export const USED_OFFERS = table(
  'offers',
  { account: textColumn('account'), nonce: textColumn('nonce'), jobId: textColumn('job_id') },
  { primaryKey: ['account', 'nonce'] },
);
