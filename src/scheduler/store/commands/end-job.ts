/**
 * The end of a job before its time: by its owner, or because it cannot be run.
 * @module
 */
import { saveJob, type JobRecord } from '../rows/job-record.js';
import { forgetWorkersOf } from '../job-workers.js';
import { all, run, type Script } from '../rows/query-plan.js';
import { note, type CommandContext } from './context.js';
import { refund } from './escrow.js';

/** Revokes the job's leases, gives its escrow back and closes its journal; what there is of results stays. */
export function* endJob(ctx: CommandContext, job: JobRecord, reason: string): Script<void> {
  yield* releaseLeases(ctx, job, 'the job was cancelled');
  job.open = false;
  job.runStatus = 'cancelled';
  job.reason = reason;
  yield* refund(ctx, job);
  yield* forgetWorkersOf(job.jobId);
  yield* note(ctx, job, { kind: 'cancelled', reason });
  yield* saveJob(job);
}

/** Takes all leases of a job back, uncharged; the caller saves the job. */
export function* releaseLeases(ctx: CommandContext, job: JobRecord, reason: string): Script<void> {
  const leases = yield* all<{ lease_id: string }>('SELECT lease_id FROM leases WHERE job_id = ?', job.jobId);
  yield* run('DELETE FROM leases WHERE job_id = ?', job.jobId);
  yield* run(
    `UPDATE ranges SET state = 'pending', lease_id = NULL WHERE job_id = ? AND state = 'leased'`,
    job.jobId,
  );
  for (const lease of leases) ctx.notes.revoked.push({ leaseId: lease.lease_id, reason });
  job.pending += job.leased;
  job.leased = 0;
  job.leases = 0;
  job.workers = 0;
}
