/**
 * Runs failed and cancelled slices again, in place: their outcomes are deleted, their attempts are forgotten, and a job that
 * was finished runs again. A slice with a result stays as it is. One request changes a limited number of ranges and
 * outcomes; its result says where the next one goes on.
 * @module
 */
import { RANGES_PER_REQUEST_MAX } from '../../../protocol/limits.js';
import { nextJobStatus } from '../../policy/job-status.js';
import type { Commands, SliceRequestResult } from '../port/store.js';
import { lockOwnJob } from '../rows/job-record.js';
import { cutOutcomes } from '../rows/outcomes.js';
import { failedRangesIn, NO_HISTORY, putRange, takeFromRange } from '../rows/ranges.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { selectOne, updateOf } from '../rows/table-plans.js';
import { repeatedRequest, storeRequest } from '../rows/slice-requests.js';
import type { JobRecord } from '../schema/job-tables.js';
import { HOLDS } from '../schema/operator-tables.js';
import { JOURNAL, type RangeRecord } from '../schema/slice-tables.js';
import type { CommandContext } from './context.js';
import { growEscrow } from './escrow.js';
import { checkUnfinishedJobs } from './jobs.js';
import { applyTransition, updateJobStatus } from './update-job-status.js';

/** @throws JOB_UNKNOWN, NOT_OWNER, JOB_CANCELLED, LIMIT_EXCEEDED */
export function* retrySlices(
  ctx: CommandContext,
  c: Commands['retrySlices'][0],
): QueryPlan<SliceRequestResult> {
  const job = yield* lockOwnJob(c.jobId, c.owner);
  const before = yield* repeatedRequest(job, c);
  if (before !== undefined) return before;
  const found = yield* failedRangesIn(c.jobId, c.to, c.from, RANGES_PER_REQUEST_MAX + 1);
  if (found.length === 0) return yield* storeRequest(job, c, 0, undefined);
  if (job.runStatus === 'finished') yield* checkUnfinishedJobs(job.owner);
  const { slices, next } = yield* takeFailed(job, c, found);
  const count = slices.reduce((sum, run) => sum + run.count, 0);
  job.retried += count;
  yield* reopen(ctx, job, slices);
  yield* growEscrow(ctx, job, c.requestId);
  yield* updateJobStatus(ctx, job);
  ctx.events.work.set(job.jobId, job);
  return yield* storeRequest(job, c, count, next);
}

interface SliceRun {
  first: number;
  count: number;
}

/** Makes the slices pending, and deletes their outcomes, as many as one request may change. */
function* takeFailed(
  job: JobRecord,
  { jobId, from, to }: Commands['retrySlices'][0],
  found: readonly RangeRecord[],
): QueryPlan<{ slices: SliceRun[]; next: number | undefined }> {
  const slices: SliceRun[] = [];
  let outcomesLeft = RANGES_PER_REQUEST_MAX;
  for (const range of found) {
    const first = Math.max(range.first, from);
    if (outcomesLeft === 0 || slices.length === RANGES_PER_REQUEST_MAX) return { slices, next: first };
    const wanted = Math.min(range.last, to);
    const { last, outcomes } = yield* cutOutcomes(jobId, first, wanted, outcomesLeft);
    outcomesLeft -= outcomes;
    yield* takeFromRange(range, first, last);
    yield* putRange(jobId, { first, last, state: 'pending', ...NO_HISTORY });
    const count = last - first + 1;
    job.failed -= count;
    if (range.state === 'cancelled') job.cancelled -= count;
    job.pending += count;
    slices.push({ first, count });
    if (last < wanted) return { slices, next: last + 1 };
  }
  return { slices, next: undefined };
}

const setEvent = updateOf(JOURNAL, ['event'], 'job_id = ? AND seq = ?');
const findHold = selectOne(HOLDS, ['reason'], 'WHERE job_id = ?');

/**
 * Adds the journal row. A row that said that the job is complete no longer says so: a follower that reads it now does not get
 * the outcomes before it that were deleted.
 */
function* reopen(ctx: CommandContext, job: JobRecord, slices: SliceRun[]): QueryPlan<void> {
  if (job.runStatus === 'finished') yield* setEvent({ event: { kind: 'reopened' } }, job.jobId, job.seq);
  yield* applyTransition(ctx, job, nextJobStatus(job, { type: 'retry', slices })!);
  const hold = yield* findHold(job.jobId);
  if (hold === undefined) return;
  const held = nextJobStatus(job, { type: 'hold', reason: hold.reason });
  if (held !== undefined) yield* applyTransition(ctx, job, held);
}
