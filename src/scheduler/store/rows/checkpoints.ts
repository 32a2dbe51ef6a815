/**
 * The checkpoints of running slices. A job counts its own, so that reports of jobs without any execute no statement for them.
 * @module
 */
import { CHECKPOINTS } from '../schema/slice-tables.js';
import type { JobRecord } from '../schema/job-tables.js';
import type { QueryPlan } from './query-plan.js';
import { countIn, deleteFrom, existsIn, selectMany, upsertInto } from './table-plans.js';

/** Whether that slice of the job has a checkpoint. */
export const hasCheckpoint = existsIn(CHECKPOINTS, 'job_id = ? AND slice = ?');
const upsertCheckpoint = upsertInto(CHECKPOINTS, ['state']);
const countBetween = countIn(CHECKPOINTS, 'job_id = ? AND slice >= ? AND slice <= ?');
const deleteBetween = deleteFrom(CHECKPOINTS, 'job_id = ? AND slice >= ? AND slice <= ?');
const firstTwo = selectMany(
  CHECKPOINTS,
  ['slice', 'state'],
  'WHERE job_id = ? AND slice >= ? AND slice <= ? ORDER BY slice LIMIT 2',
);

/** Stores the state of a slice in place of its earlier one; the caller saves the job. */
export function* putCheckpoint(job: JobRecord, slice: number, state: Uint8Array): QueryPlan<void> {
  if (!(yield* hasCheckpoint(job.jobId, slice))) job.checkpoints += 1;
  yield* upsertCheckpoint({ jobId: job.jobId, slice, state });
}

/** Deletes the checkpoints of slices that have ended; the caller saves the job. */
export function* deleteCheckpoints(job: JobRecord, first: number, last: number): QueryPlan<void> {
  if (job.checkpoints === 0) return;
  job.checkpoints -= yield* countBetween(job.jobId, first, last);
  yield* deleteBetween(job.jobId, first, last);
}

/** The first checkpoint of slices `first` to `last`, and the last slice before the second one. */
export function* checkpointIn(
  job: JobRecord,
  first: number,
  last: number,
): QueryPlan<{ found?: { slice: number; state: Uint8Array }; last: number }> {
  if (job.checkpoints === 0) return { last };
  const [found, second] = yield* firstTwo(job.jobId, first, last);
  return { ...(found === undefined ? {} : { found }), last: second === undefined ? last : second.slice - 1 };
}
