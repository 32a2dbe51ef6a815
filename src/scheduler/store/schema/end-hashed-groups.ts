/**
 * Cancels jobs of schema 3 in compute groups with secrets: their packages contain a hash that disclosed the secret, and it
 * can no longer be proved for them. Their owners get a reason, and the hashes are removed from the jobs table.
 * @module
 */
import { NO_OTHER_WORKERS } from '../../policy/roster.js';
import { newCommitEvents } from '../commands/context.js';
import { endJob } from '../commands/end-job.js';
import { findJob } from '../rows/job-record.js';
import { all, run, type QueryPlan } from '../rows/query-plan.js';

const REASON =
  'The scheduler was updated, and this job names a compute group in a form that disclosed its secret: deploy it again, ' +
  'with another secret.';

export function* endHashedGroups(nowMs: number): QueryPlan<void> {
  const hashed = `groups_json LIKE '%"secretHash"%'`;
  const jobs = yield* all<{ job_id: string }>(
    `SELECT job_id FROM jobs WHERE ${hashed} AND run_status IN ('running', 'paused')`,
  );
  for (const { job_id: jobId } of jobs) {
    const job = yield* findJob(jobId);
    if (job !== undefined)
      yield* endJob({ nowMs, epoch: 0, events: newCommitEvents(), roster: NO_OTHER_WORKERS }, job, REASON);
  }
  yield* run(`UPDATE jobs SET groups_json = '[]' WHERE ${hashed}`);
}
