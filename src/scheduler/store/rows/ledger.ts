/**
 * The double-entry ledger, in units. A transfer is one row whose id makes it idempotent; the sum of all balances is zero by
 * construction, and the database refuses a negative balance of any account except the mint.
 * @module
 */
import { UNITS_MAX } from '../../../protocol/limits.js';
import { all, getExact, run, type QueryPlan } from './query-plan.js';

export const MINT = 'mint';

/** The escrow account of a job. */
export const escrowAccount = (jobId: string): string => `escrow:${jobId}`;

export interface Transfer {
  id: string;
  debit: string;
  credit: string;
  /** Units. */
  amount: bigint;
  atMs: number;
}

/** Units of `account`; 0 when it does not exist. */
export function* balanceOf(account: string): QueryPlan<bigint> {
  const row = yield* getExact<{ balance: bigint }>('SELECT balance FROM accounts WHERE account = ?', account);
  return row?.balance ?? 0n;
}

/** All units that `account` was paid for slices. */
export function* earnedOf(account: string): QueryPlan<bigint> {
  const row = yield* getExact<{ earned: bigint }>('SELECT earned FROM accounts WHERE account = ?', account);
  return row?.earned ?? 0n;
}

/** Adds a payment for slices to the earned sum, which is capped: the same credits can be earned repeatedly. */
export function* addEarned(account: string, amount: bigint): QueryPlan<void> {
  yield* run(
    'UPDATE accounts SET earned = CASE WHEN earned > ? THEN ? ELSE earned + ? END WHERE account = ?',
    UNITS_MAX - amount,
    UNITS_MAX,
    amount,
    account,
  );
}

/** Whether a transfer with that id exists. */
export function* isTransferred(id: string): QueryPlan<boolean> {
  return (yield* all('SELECT 1 AS one FROM transfers WHERE transfer_id = ?', id)).length > 0;
}

/** Moves units. The caller has checked that the debit account has them and that the id is new. */
export function* transfer(t: Transfer): QueryPlan<void> {
  if (t.amount === 0n) return;
  yield* addTo(t.debit, -t.amount);
  yield* addTo(t.credit, t.amount);
  yield* run(
    'INSERT INTO transfers (transfer_id, debit, credit, amount, at_ms) VALUES (?, ?, ?, ?, ?)',
    t.id,
    t.debit,
    t.credit,
    t.amount,
    t.atMs,
  );
}

function* addTo(account: string, amount: bigint): QueryPlan<void> {
  yield* run(
    'INSERT INTO accounts (account, balance) VALUES (?, 0) ON CONFLICT (account) DO NOTHING',
    account,
  );
  yield* run('UPDATE accounts SET balance = balance + ? WHERE account = ?', amount, account);
}
