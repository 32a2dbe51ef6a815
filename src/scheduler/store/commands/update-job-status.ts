/**
 * Applies the state machine of a job's run status (`policy/job-status.ts`) to a job's row.
 * @module
 */
import { nextJobStatus, type JobStatusTransition } from '../../policy/job-status.js';
import { fundedSlices } from '../../policy/price.js';
import { saveJob } from '../rows/job-record.js';
import { deleteJobWorkers } from '../rows/job-workers.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { existsIn } from '../rows/table-plans.js';
import type { JobRecord } from '../schema/job-tables.js';
import { HOLDS } from '../schema/operator-tables.js';
import { recordEvent, type CommandContext } from './context.js';
import { refund } from './escrow.js';

/** Updates the run status after a change of the job's counts, credits or hold, and saves the job. */
export function* updateJobStatus(ctx: CommandContext, job: JobRecord): QueryPlan<void> {
  const next = nextJobStatus(job, {
    type: 'counts',
    isComplete: !job.open && job.accepted + job.failed === job.total,
    // Leased slices are paid from the escrow too, so while there are any, it is not empty.
    isFunded: job.pending === 0 || fundedSlices(job.price, job.escrow, 0) > 0,
    // A job with a hold is always paused.
    isHeld: job.runStatus === 'paused' && (yield* hasHold(job.jobId)),
  });
  if (next?.runStatus === 'finished') {
    yield* refund(ctx, job);
    yield* deleteJobWorkers(job.jobId);
  }
  if (next !== undefined) yield* applyTransition(ctx, job, next);
  yield* saveJob(job);
}

/** Sets the job's next state and adds its event to the journal; the caller saves the job. */
export function* applyTransition(
  ctx: CommandContext,
  job: JobRecord,
  { runStatus, reason, event }: JobStatusTransition,
): QueryPlan<void> {
  job.runStatus = runStatus;
  job.reason = reason;
  yield* recordEvent(ctx, job, event);
}

/** Whether the operator or a ban holds the job. */
const hasHold = existsIn(HOLDS, 'job_id = ?');
