/**
 * Jobs of schema 3 in compute groups with secrets: their packages carry what gave the secret away, and nobody can prove
 * it for them any more. They end with a reason for their owners, and nothing of the hashes stays in the table of jobs.
 * @module
 */
import { NOBODY_ELSE } from '../../policy/roster.js';
import { emptyNotes } from '../commands/context.js';
import { endJob } from '../commands/end-job.js';
import { findJob } from '../rows/job-record.js';
import { all, run, type Script } from '../rows/query-plan.js';

const REASON =
  'The scheduler was updated, and this job names a compute group in a form that gave its secret away: deploy it again, ' +
  'with another secret.';

export function* endHashedGroups(nowMs: number): Script<void> {
  const hashed = `groups_json LIKE '%"secretHash"%'`;
  const jobs = yield* all<{ job_id: string }>(
    `SELECT job_id FROM jobs WHERE ${hashed} AND run_status IN ('running', 'paused')`,
  );
  for (const { job_id: jobId } of jobs) {
    const job = yield* findJob(jobId);
    if (job !== undefined)
      yield* endJob({ nowMs, epoch: 0, notes: emptyNotes(), roster: NOBODY_ELSE }, job, REASON);
  }
  yield* run(`UPDATE jobs SET groups_json = '[]' WHERE ${hashed}`);
}
