/**
 * The requests of a job's owner to cancel or to retry slices: each is stored under its id, so that repeating it after a lost
 * reply changes nothing.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { SLICE_REQUESTS_PER_JOB_MAX } from '../../../protocol/limits.js';
import type { SliceRequest, SliceRequestResult } from '../port/store.js';
import type { JobRecord } from '../schema/job-tables.js';
import { SLICE_REQUESTS } from '../schema/slice-tables.js';
import { statusOf } from './job-record.js';
import type { QueryPlan } from './query-plan.js';
import { countIn, insertInto, selectOne } from './table-plans.js';

const findRequest = selectOne(SLICE_REQUESTS, ['count', 'next'], 'WHERE job_id = ? AND request_id = ?');
const countRequests = countIn(SLICE_REQUESTS, 'job_id = ?');
const insertRequest = insertInto(SLICE_REQUESTS);

/**
 * What the same request had as its result before; undefined for a new one.
 * @throws LIMIT_EXCEEDED for a new one, JOB_CANCELLED
 */
export function* repeatedRequest(job: JobRecord, c: SliceRequest): QueryPlan<SliceRequestResult | undefined> {
  const before = yield* findRequest(c.jobId, c.requestId);
  if (before !== undefined) return resultOf(job, before.count, before.next ?? undefined);
  if (job.runStatus === 'cancelled') {
    const { jobId, reason } = job;
    const text = `job ${jobId} was cancelled for good: deploy the slices that you want to run again as a new job`;
    throw new ManyhandsError('JOB_CANCELLED', text, { jobId, reason: reason ?? '' });
  }
  const count = yield* countRequests(c.jobId);
  if (count >= SLICE_REQUESTS_PER_JOB_MAX) {
    const text = `job ${c.jobId} has had ${count} requests to cancel or retry slices, the maximum of one job`;
    const info = { limit: 'SLICE_REQUESTS_PER_JOB_MAX', max: SLICE_REQUESTS_PER_JOB_MAX, actual: count + 1 };
    throw new ManyhandsError('LIMIT_EXCEEDED', text, info);
  }
  return undefined;
}

/** Stores the request with its result, and returns the result. */
export function* storeRequest(
  job: JobRecord,
  { jobId, requestId }: SliceRequest,
  count: number,
  next: number | undefined,
): QueryPlan<SliceRequestResult> {
  yield* insertRequest({ jobId, requestId, count, next: next ?? null });
  return resultOf(job, count, next);
}

const resultOf = (job: JobRecord, count: number, next: number | undefined): SliceRequestResult => ({
  status: statusOf(job),
  count,
  ...(next === undefined ? {} : { next }),
});
