/**
 * A job's slices as disjoint ranges with a state. Neighbours that say the same are one row, so a billion slices that
 * nobody has leased, or that are all done, cost one row.
 * @module
 */
import type { AttemptKind, FailedAttempt } from '../../policy/attempts.js';
import { all, get, run, type Script } from './query-plan.js';

export type RangeState = 'pending' | 'leased' | 'accepted' | 'failed';

/** How often executions of the range's slices were lost or ended in an error, and each failed attempt as text. */
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

/** Of slices that never failed, or are done. */
export const NO_HISTORY: Readonly<RangeHistory> = { lost: 0, thrown: 0, failures: '' };

export const historyOf = ({ lost, thrown, failures }: RangeHistory): RangeHistory => ({
  lost,
  thrown,
  failures,
});

/** Which attempt at the range's slices comes next or is under way, from 1. */
export const attemptNumber = ({ lost, thrown }: RangeHistory): number => lost + thrown + 1;

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

/** As `attemptsOf` reads them; '' where there are none. */
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

/** The first pending range of that job whose slices never failed. */
export function* firstUntried(jobId: string): Script<RangeRow | undefined> {
  return yield* get<RangeRow>(
    `SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND state = 'pending' AND failures = '' ORDER BY first LIMIT 1`,
    jobId,
  );
}

/** A pending range of that job whose slices never failed on that worker, those first that never failed. */
export function* firstNeverFailedBy(jobId: string, workerId: string): Script<RangeRow | undefined> {
  return yield* get<RangeRow>(
    `SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND state = 'pending' AND instr(failures, ?) = 0
      ORDER BY failures, first LIMIT 1`,
    jobId,
    workerId,
  );
}

/** Some pending ranges of that job whose slices have failed before, `limit` at most. */
export function* rangesToRetry(jobId: string, limit: number): Script<RangeRow[]> {
  return yield* all<RangeRow>(
    `SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND state = 'pending' AND failures > ''
      ORDER BY failures, first LIMIT ?`,
    jobId,
    limit,
  );
}

/** The range that begins at `first`. */
export function* rangeAt(jobId: string, first: number): Script<RangeRow | undefined> {
  return yield* get<RangeRow>(`SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND first = ?`, jobId, first);
}

/** Takes the range that begins at `first` away; the caller puts others in its place. */
export function* removeRange(jobId: string, first: number): Script<void> {
  yield* run('DELETE FROM ranges WHERE job_id = ? AND first = ?', jobId, first);
}

/** Moves the beginning of a range up: what was in front of it has become something else. */
export function* shortenRange(jobId: string, first: number, newFirst: number): Script<void> {
  yield* run('UPDATE ranges SET first = ? WHERE job_id = ? AND first = ?', newFirst, jobId, first);
}

/** Puts slices into a state, where no range covers them, and joins them with like neighbours. */
export function* putRange(
  jobId: string,
  range: Omit<RangeRow, 'lease_id'> & { lease_id?: string },
): Script<void> {
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
