/**
 * A job's slices as disjoint ranges with a state. Adjacent ranges with the same content are merged, so a billion slices that
 * are all pending, or all done, use one row.
 * @module
 */
import type { AttemptKind, FailedAttempt } from '../../policy/attempts.js';
import { RANGES, type RangeRecord } from '../schema/slice-tables.js';
import type { QueryPlan } from './query-plan.js';
import { deleteFrom, insertInto, selectMany, selectOne, updateOf } from './table-plans.js';

/** Counts of lost and throwing attempts at the range's slices, and the failed attempts as JSON text. */
export type RangeHistory = Pick<RangeRecord, 'lost' | 'thrown' | 'failures'>;

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
export const firstUntried = selectOne(
  RANGES,
  'all',
  `WHERE job_id = ? AND state = 'pending' AND failures = '' ORDER BY first LIMIT 1`,
);

/**
 * A pending range of the job whose slices never failed on a worker, by job id and worker id; ranges that never failed at all
 * come first. SQL has no function of the same name in all databases that finds a text in another one, except `replace`.
 */
export const firstNeverFailedBy = selectOne(
  RANGES,
  'all',
  `WHERE job_id = ? AND state = 'pending' AND replace(failures, ?, '') = failures ORDER BY failures, first LIMIT 1`,
);

/** The first pending ranges of the job whose slices have failed before, by job id and their largest number. */
export const rangesToRetry = selectMany(
  RANGES,
  'all',
  `WHERE job_id = ? AND state = 'pending' AND failures > '' ORDER BY failures, first LIMIT ?`,
);

/** The range that starts at a slice, by job id and slice number. */
export const rangeAt = selectOne(RANGES, 'all', 'WHERE job_id = ? AND first = ?');

/** The job's ranges in that state that have a slice up to `to` and from `from` on, in order, and their largest number. */
export const rangesIn = selectMany(
  RANGES,
  'all',
  'WHERE job_id = ? AND state = ? AND first <= ? AND last >= ? ORDER BY first LIMIT ?',
);

/** Like `rangesIn`, for the ranges of failed and cancelled slices. */
export const failedRangesIn = selectMany(
  RANGES,
  'all',
  `WHERE job_id = ? AND state IN ('failed', 'cancelled') AND first <= ? AND last >= ? ORDER BY first LIMIT ?`,
);

/** Takes slices `first` to `last` out of a range that is not leased; the caller inserts them with another state. */
export function* takeFromRange(range: RangeRecord, first: number, last: number): QueryPlan<void> {
  yield* removeRange(range.jobId, range.first);
  for (const [from, to] of [
    [range.first, first - 1],
    [last + 1, range.last],
  ] as const) {
    if (from <= to) yield* insertRange({ ...range, first: from, last: to });
  }
}

/** Deletes the range that starts at a slice; the caller inserts others in its place. */
export const removeRange = deleteFrom(RANGES, 'job_id = ? AND first = ?');

const lastBefore = selectOne(RANGES, 'all', 'WHERE job_id = ? AND first < ? ORDER BY first DESC LIMIT 1');
const insertRange = insertInto(RANGES);
const setFirst = updateOf(RANGES, ['first'], 'job_id = ? AND first = ?');
const setLast = updateOf(RANGES, ['last'], 'job_id = ? AND first = ?');

/** Moves the start of a range up; the caller inserts the slices before it with another state. */
export function* shortenRange(jobId: string, first: number, newFirst: number): QueryPlan<void> {
  yield* setFirst({ first: newFirst }, jobId, first);
}

/** Inserts a range of slices that no range covers, and merges it with equal neighbours. */
export function* putRange(
  jobId: string,
  range: Omit<RangeRecord, 'jobId' | 'leaseId'>,
  leaseId: string | null = null,
): QueryPlan<void> {
  const { first, state, lost, thrown, failures } = range;
  let { last } = range;
  if (state !== 'leased') {
    const alike = (row: RangeRecord): boolean =>
      row.state === state && row.lost === lost && row.thrown === thrown && row.failures === failures;
    const after = yield* rangeAt(jobId, last + 1);
    if (after !== undefined && alike(after)) {
      yield* removeRange(jobId, after.first);
      last = after.last;
    }
    const before = yield* lastBefore(jobId, first);
    if (before?.last === first - 1 && alike(before)) return yield* setLast({ last }, jobId, before.first);
  }
  yield* insertRange({ jobId, first, last, state, lost, thrown, failures, leaseId });
}
