/**
 * Which rows a command locks until its transaction ends, and in which order. SQLite runs one transaction at a time and
 * ignores locks; an engine with concurrent transactions appends `FOR UPDATE`, or `FOR UPDATE SKIP LOCKED`.
 *
 * The order is the same for all commands, so that two of them seldom wait for each other: first rows of `jobs` by job id,
 * then rows of `accounts` by account. The lock of a job's row covers everything that belongs to the job (its ranges,
 * leases, outcomes and journal), except the deadlines of its leases. Such an engine runs a commit under snapshot isolation
 * (PostgreSQL: `REPEATABLE READ`), orders the commands of a commit by their jobs, and repeats a commit that conflicts with
 * another one: commands with an order key in common keep their order, all others may change it.
 * @module
 */

/** The tables whose rows are locked, in the order of locking. */
export const LOCK_ORDER = ['jobs', 'accounts'] as const;

/** A lock of one row, whose primary key is the statement's first parameter. */
export interface RowLock {
  readonly table: (typeof LOCK_ORDER)[number];
  /** For a row that another transaction has locked: whether to wait for it, or to act as if there were no such row. */
  readonly whenLocked: 'wait' | 'skip';
}
