/**
 * Makes leased slices pending again, without charging an attempt.
 * @module
 */
import { appendAttempt } from '../../policy/attempts.js';
import { countLeaseEnded } from '../rows/job-record.js';
import { deleteLease, executorOfLease, shortenLease } from '../rows/leases.js';
import type { QueryPlan } from '../rows/query-plan.js';
import {
  attemptsOf,
  attemptsText,
  historyOf,
  putRange,
  rangeAt,
  removeRange,
  type RangeHistory,
} from '../rows/ranges.js';
import type { JobRecord } from '../schema/job-tables.js';
import type { LeaseRow } from '../schema/lease-tables.js';

/**
 * Makes slices `from` to the lease's end pending again; the lease ends when no slice is left. The caller updates the job's
 * status.
 * @param releasedMs wall time when its worker released it by itself; undefined for a recall or an expiry
 */
export function* releaseSlices(
  job: JobRecord,
  held: LeaseRow,
  from: number,
  releasedMs?: number,
): QueryPlan<void> {
  const { jobId } = job;
  const range = (yield* rangeAt(jobId, held.next))!;
  yield* removeRange(jobId, held.next);
  if (from > held.next) {
    yield* putRange(jobId, { ...range, last: from - 1 }, held.leaseId);
    yield* shortenLease({ last: from - 1 }, held.leaseId);
  } else {
    yield* deleteLease(held.leaseId);
    yield* countLeaseEnded(job, held.workerId);
  }
  const history = releasedMs === undefined ? historyOf(range) : withRefusal(range, held, releasedMs);
  yield* putRange(jobId, { first: from, last: held.last, state: 'pending', ...history });
  job.leased -= held.last - from + 1;
  job.pending += held.last - from + 1;
}

/** The history of failed slices, plus the refusal of a worker: after `RETURNS_MAX` of them no slice is deferred for it. */
function withRefusal(range: RangeHistory, held: LeaseRow, nowMs: number): RangeHistory {
  if (range.failures === '') return historyOf(range);
  const attempts = appendAttempt(attemptsOf(range), { kind: 'returned', ...executorOfLease(held) }, nowMs);
  return { ...historyOf(range), failures: attemptsText(attempts) };
}
