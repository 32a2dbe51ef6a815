/**
 * The double-entry ledger, in units. A transfer is one row whose id makes it idempotent; the sum of all balances is zero by
 * construction, and the database refuses a negative balance of any account except the mint.
 * @module
 */
import { UNITS_MAX } from '../../../protocol/limits.js';
import { ACCOUNTS, TRANSFERS } from '../schema/account-tables.js';
import { run, type QueryPlan } from './query-plan.js';
import { existsIn, insertIfAbsent, insertInto, selectOne } from './table-plans.js';

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

const findBalance = selectOne(ACCOUNTS, ['balance'], 'WHERE account = ?');
const lockAccount = selectOne(ACCOUNTS, ['balance'], 'WHERE account = ?', {
  table: 'accounts',
  whenLocked: 'wait',
});
const findEarned = selectOne(ACCOUNTS, ['earned'], 'WHERE account = ?');
const insertAccount = insertIfAbsent(ACCOUNTS);
const insertTransfer = insertInto(TRANSFERS);

/** Units of `account`; 0 when it does not exist. */
export function* balanceOf(account: string): QueryPlan<bigint> {
  return (yield* findBalance(account))?.balance ?? 0n;
}

/** Like `balanceOf`, for a command that spends them. */
export function* lockBalance(account: string): QueryPlan<bigint> {
  return (yield* lockAccount(account))?.balance ?? 0n;
}

/** All units that `account` was paid for slices. */
export function* earnedOf(account: string): QueryPlan<bigint> {
  return (yield* findEarned(account))?.earned ?? 0n;
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
export const isTransferred = existsIn(TRANSFERS, 'transfer_id = ?');

/**
 * Moves units. The caller has checked that the debit account has them and that the id is new. It updates the accounts in the
 * order in which rows are locked (`row-lock.ts`).
 */
export function* transfer(t: Transfer): QueryPlan<void> {
  if (t.amount === 0n) return;
  if (t.debit < t.credit) {
    yield* addTo(t.debit, -t.amount);
    yield* addTo(t.credit, t.amount);
  } else {
    yield* addTo(t.credit, t.amount);
    yield* addTo(t.debit, -t.amount);
  }
  yield* insertTransfer(t);
}

function* addTo(account: string, amount: bigint): QueryPlan<void> {
  if (amount > 0n) return yield* credit(account, amount);
  // Without the row an update would change nothing; with it the database refuses a negative balance.
  yield* insertAccount({ account, balance: 0n, earned: 0n });
  yield* run('UPDATE accounts SET balance = balance + ? WHERE account = ?', amount, account);
}

/** One statement for both cases, because every paid report credits an account. */
function* credit(account: string, amount: bigint): QueryPlan<void> {
  yield* run(
    'INSERT INTO accounts (account, balance, earned) VALUES (?, ?, 0) ' +
      'ON CONFLICT (account) DO UPDATE SET balance = accounts.balance + excluded.balance',
    account,
    amount,
  );
}
