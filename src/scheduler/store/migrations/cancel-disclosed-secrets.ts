/**
 * A migration step: in schema 3 the package of a job in a compute group with a secret contained a hash of the secret, from
 * which workers could guess it. Such packages are no longer accepted as proof, so these jobs are cancelled with a reason, and
 * the hashes are removed from the jobs table.
 * @module
 */
import { NO_OTHER_WORKERS } from '../../policy/roster.js';
import { newCommitEvents } from '../commands/context.js';
import { endJob } from '../commands/end-job.js';
import { findJob } from '../rows/job-record.js';
import { run, type QueryPlan } from '../rows/query-plan.js';
import { selectMany } from '../rows/table-plans.js';
import { JOBS } from '../schema/job-tables.js';
import type { MigrationContext } from './migration-context.js';

const REASON =
  'The scheduler was updated, and this job names a compute group in a form that disclosed its secret: deploy it again, ' +
  'with another secret.';

/** Selects the jobs whose groups contain the hash of a secret. */
const HAS_SECRET_HASH = `groups_json LIKE '%"secretHash"%'`;

const jobsWithSecretHash = selectMany(
  JOBS,
  ['jobId'],
  `WHERE ${HAS_SECRET_HASH} AND run_status IN ('running', 'paused')`,
);

/** Cancels the unfinished jobs whose groups contain the hash of a secret, and removes the groups of all such jobs. */
export function* cancelJobsWithDisclosedSecrets({ nowMs, nodeId }: MigrationContext): QueryPlan<void> {
  // No client is connected during a migration, so no worker can run the slices and nobody receives the events.
  const ctx = { nowMs, nodeId, epoch: 0, events: newCommitEvents(), roster: NO_OTHER_WORKERS };
  for (const { jobId } of yield* jobsWithSecretHash()) {
    const job = yield* findJob(jobId);
    if (job !== undefined) yield* endJob(ctx, job, REASON);
  }
  yield* run(`UPDATE jobs SET groups_json = '[]' WHERE ${HAS_SECRET_HASH}`);
}
