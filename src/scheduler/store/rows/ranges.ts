/**
 * A job's slices as disjoint ranges with a state. Adjacent ranges with the same content are merged, so a billion slices that
 * are all pending, or all done, use one row.
 * @module
 */
import type { AttemptKind, FailedAttempt } from '../../policy/attempts.js';
import { all, get, run, type QueryPlan } from './query-plan.js';

export type RangeState = 'pending' | 'leased' | 'accepted' | 'failed';

/** Counts of lost and throwing attempts at the range's slices, and the failed attempts as JSON text. */
export interface RangeHistory {
  lost: number;
  thrown: number;
  failures: string;
}

export interface RangeRow extends RangeHistory {
  first: number;
  last: number;
  state: RangeState;
  lease_id: string | null;
}

const COLUMNS = 'first, last, state, lost, thrown, failures, lease_id';

/** The history of slices that never failed, or are done. */
export const NO_HISTORY: Readonly<RangeHistory> = { lost: 0, thrown: 0, failures: '' };

export const historyOf = ({ lost, thrown, failures }: RangeHistory): RangeHistory => ({
  lost,
  thrown,
  failures,
});

type StoredAttempt = [AttemptKind, workerId: string, payee: string, isolation: string, atMs: number];

/** The failed attempts of a range's slices. */
export function attemptsOf({ failures }: RangeHistory): FailedAttempt[] {
  if (failures === '') return [];
  const stored = JSON.parse(failures) as StoredAttempt[];
  return stored.map(([kind, workerId, payee, isolation, atMs]) => ({
    kind,
    workerId,
    payee,
    isolation,
    atMs,
  }));
}

/**
 * Number of the next or current attempt at the range's slices, from 1: it counts the attempts that threw, were lost, or were
 * revoked without progress. A slice that was released unstarted was not attempted.
 */
export function attemptNumber(history: RangeHistory): number {
  const silent = attemptsOf(history).filter(({ kind }) => kind === 'silent').length;
  return history.lost + history.thrown + silent + 1;
}

/** The text that `attemptsOf` parses; '' without attempts. */
export function attemptsText(attempts: readonly FailedAttempt[]): string {
  if (attempts.length === 0) return '';
  return JSON.stringify(
    attempts.map(({ kind, workerId, payee, isolation, atMs }): StoredAttempt => [
      kind,
      workerId,
      payee,
      isolation,
      atMs,
    ]),
  );
}

/** The first pending range of the job whose slices never failed. */
export function* firstUntried(jobId: string): QueryPlan<RangeRow | undefined> {
  return yield* get<RangeRow>(
    `SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND state = 'pending' AND failures = '' ORDER BY first LIMIT 1`,
    jobId,
  );
}

/** A pending range of the job whose slices never failed on that worker; ranges that never failed at all come first. */
export function* firstNeverFailedBy(jobId: string, workerId: string): QueryPlan<RangeRow | undefined> {
  return yield* get<RangeRow>(
    `SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND state = 'pending' AND instr(failures, ?) = 0
      ORDER BY failures, first LIMIT 1`,
    jobId,
    workerId,
  );
}

/** At most `limit` pending ranges of the job whose slices have failed before. */
export function* rangesToRetry(jobId: string, limit: number): QueryPlan<RangeRow[]> {
  return yield* all<RangeRow>(
    `SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND state = 'pending' AND failures > ''
      ORDER BY failures, first LIMIT ?`,
    jobId,
    limit,
  );
}

/** The range that starts at `first`. */
export function* rangeAt(jobId: string, first: number): QueryPlan<RangeRow | undefined> {
  return yield* get<RangeRow>(`SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND first = ?`, jobId, first);
}

/** Deletes the range that starts at `first`; the caller inserts others in its place. */
export function* removeRange(jobId: string, first: number): QueryPlan<void> {
  yield* run('DELETE FROM ranges WHERE job_id = ? AND first = ?', jobId, first);
}

/** Moves the start of a range up; the caller inserts the slices before it with another state. */
export function* shortenRange(jobId: string, first: number, newFirst: number): QueryPlan<void> {
  yield* run('UPDATE ranges SET first = ? WHERE job_id = ? AND first = ?', newFirst, jobId, first);
}

/** Inserts a range of slices that no range covers, and merges it with equal neighbours. */
export function* putRange(
  jobId: string,
  range: Omit<RangeRow, 'lease_id'> & { lease_id?: string },
): QueryPlan<void> {
  const { first, state, lost, thrown, failures } = range;
  let last = range.last;
  if (state !== 'leased') {
    const alike = (row: RangeRow): boolean =>
      row.state === state && row.lost === lost && row.thrown === thrown && row.failures === failures;
    const after = yield* rangeAt(jobId, last + 1);
    if (after !== undefined && alike(after)) {
      yield* removeRange(jobId, after.first);
      last = after.last;
    }
    const before = yield* get<RangeRow>(
      `SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND first < ? ORDER BY first DESC LIMIT 1`,
      jobId,
      first,
    );
    if (before?.last === first - 1 && alike(before)) {
      yield* run('UPDATE ranges SET last = ? WHERE job_id = ? AND first = ?', last, jobId, before.first);
      return;
    }
  }
  yield* run(
    `INSERT INTO ranges (job_id, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    jobId,
    first,
    last,
    state,
    lost,
    thrown,
    failures,
    range.lease_id ?? null,
  );
}
