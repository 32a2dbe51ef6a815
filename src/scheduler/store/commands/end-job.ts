/**
 * Cancels a job: on behalf of its owner or the operator, or because it cannot be run.
 * @module
 */
import { nextJobStatus } from '../../policy/job-status.js';
import { saveJob } from '../rows/job-record.js';
import { deleteJobWorkers } from '../rows/job-workers.js';
import { deleteCheckpoints } from '../rows/checkpoints.js';
import { deleteLeasesOf, leasesOf } from '../rows/leases.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { updateOf } from '../rows/table-plans.js';
import type { JobRecord } from '../schema/job-tables.js';
import { RANGES } from '../schema/slice-tables.js';
import type { CommandContext } from './context.js';
import { refund } from './escrow.js';
import { applyTransition } from './update-job-status.js';

/** Revokes the job's leases, refunds its escrow and closes its journal; existing results stay. Saves the job; a job that has ended already stays as it is. */
export function* endJob(ctx: CommandContext, job: JobRecord, reason: string): QueryPlan<void> {
  const next = nextJobStatus(job, { type: 'cancel', reason });
  if (next === undefined) return;
  yield* revokeJobLeases(ctx, job, 'the job was cancelled');
  job.open = false;
  yield* refund(ctx, job);
  yield* deleteJobWorkers(job.jobId);
  yield* deleteCheckpoints(job, 1, job.total);
  yield* applyTransition(ctx, job, next);
  yield* saveJob(job);
}

const releaseRanges = updateOf(RANGES, ['state', 'leaseId'], `job_id = ? AND state = 'leased'`);

/** Revokes all leases of a job without charging attempts; the caller saves the job. */
export function* revokeJobLeases(ctx: CommandContext, job: JobRecord, reason: string): QueryPlan<void> {
  const leases = yield* leasesOf(job.jobId);
  yield* deleteLeasesOf(job.jobId);
  yield* releaseRanges({ state: 'pending', leaseId: null }, job.jobId);
  for (const { leaseId } of leases) ctx.events.revoked.push({ leaseId, reason });
  job.pending += job.leased;
  job.leased = 0;
  job.leases = 0;
  job.workers = 0;
}
