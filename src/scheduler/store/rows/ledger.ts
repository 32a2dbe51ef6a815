/**
 * The ledger: double entry, in units. A transfer is one row whose id makes it idempotent; the sum of all balances is
 * zero by construction, and the database refuses a negative balance of any account but the mint.
 * @module
 */
import { UNITS_MAX } from '../../../protocol/limits.js';
import { all, getExact, run, type Script } from './query-plan.js';

export const MINT = 'mint';

/** Where a job's credits wait. */
export const escrowAccount = (jobId: string): string => `escrow:${jobId}`;

export interface Transfer {
  id: string;
  debit: string;
  credit: string;
  /** Units. */
  amount: bigint;
  atMs: number;
}

/** Units of `account`; 0 where it is not known. */
export function* balanceOf(account: string): Script<bigint> {
  const row = yield* getExact<{ balance: bigint }>('SELECT balance FROM accounts WHERE account = ?', account);
  return row?.balance ?? 0n;
}

/** Units that `account` was ever paid for slices. */
export function* earnedOf(account: string): Script<bigint> {
  const row = yield* getExact<{ earned: bigint }>('SELECT earned FROM accounts WHERE account = ?', account);
  return row?.earned ?? 0n;
}

/** Counts a payment for slices: credits that go round may be earned more often than there are any. */
export function* addEarned(account: string, amount: bigint): Script<void> {
  yield* run(
    'UPDATE accounts SET earned = CASE WHEN earned > ? THEN ? ELSE earned + ? END WHERE account = ?',
    UNITS_MAX - amount,
    UNITS_MAX,
    amount,
    account,
  );
}

/** Whether that transfer was made already. */
export function* isTransferred(id: string): Script<boolean> {
  return (yield* all('SELECT 1 AS one FROM transfers WHERE transfer_id = ?', id)).length > 0;
}

/** Moves units. The caller has seen that the debit account has them and that the id is new. */
export function* transfer(t: Transfer): Script<void> {
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

function* addTo(account: string, amount: bigint): Script<void> {
  yield* run(
    'INSERT INTO accounts (account, balance) VALUES (?, 0) ON CONFLICT (account) DO NOTHING',
    account,
  );
  yield* run('UPDATE accounts SET balance = balance + ? WHERE account = ?', amount, account);
}
