/**
 * Migrates a store of an earlier schema to the current one, within the transaction that opens it. Each step can be repeated,
 * because a process of an earlier version may have ended in the middle of one.
 * @module
 */
import { addColumn, dropColumn } from './columns.js';
import { cancelJobsWithDisclosedSecrets } from './cancel-disclosed-secrets.js';
import { classKeyOf, findJob } from '../rows/job-record.js';
import { splitJobWorkers } from './split-job-workers.js';
import { SCHEMA_VERSION } from './schema.js';
import { all, run, type QueryPlan } from '../rows/query-plan.js';

/** The step from each schema to the next one. New tables and indexes are created by `SCHEMA` itself. */
const STEPS: Record<number, (nowMs: number) => QueryPlan<void>> = {
  2: function* () {
    yield* addColumn('jobs', 'origins_json', `TEXT NOT NULL DEFAULT '[]'`);
  },
  3: function* (nowMs) {
    // `outputs_by_row` replaces it. Other additions are tables or indexes of SCHEMA. Schema 4 also had two columns of jobs for
    // its workers, which step 4 would drop at once: they are not added.
    yield* run('DROP INDEX IF EXISTS outputs_by_seq');
    yield* run('DROP INDEX IF EXISTS ranges_by_state');
    yield* addColumn('ranges', 'failures', `TEXT NOT NULL DEFAULT ''`);
    yield* addColumn('leases', 'isolation', `TEXT NOT NULL DEFAULT ''`);
    yield* addColumn('jobs', 'served_ms', 'INTEGER NOT NULL DEFAULT 0');
    yield* addColumn('jobs', 'turn_ms', 'INTEGER NOT NULL DEFAULT 0');
    yield* addColumn('jobs', 'result_ms', 'INTEGER NOT NULL DEFAULT 0');
    yield* addColumn('journal', 'epoch', 'INTEGER NOT NULL DEFAULT 0');
    yield* addColumn('jobs', 'class_key', `TEXT NOT NULL DEFAULT ''`);
    yield* dropColumn('jobs', 'profile_ms');
    yield* dropColumn('jobs', 'profile_slices');
    yield* cancelJobsWithDisclosedSecrets(nowMs);
    yield* fillClassKeys();
  },
  4: function* (nowMs) {
    yield* splitJobWorkers(nowMs);
    // These offers do not name their job's owner, so workers would refuse them. The price is in the job's row.
    yield* run('UPDATE packages SET offer = NULL WHERE offer IS NOT NULL');
  },
};

/**
 * @param nowMs wall milliseconds
 * @param version the schema version that the store records
 * @returns its version after the migration; other than `SCHEMA_VERSION` when no step leads there
 */
export function* migrate(version: string, nowMs: number): QueryPlan<string> {
  let at = version;
  while (at !== String(SCHEMA_VERSION)) {
    const step = STEPS[Number(at)];
    if (step === undefined) return at;
    yield* step(nowMs);
    at = String(Number(at) + 1);
    yield* run(`UPDATE meta SET value = ? WHERE key = 'schema'`, at);
  }
  return at;
}

function* fillClassKeys(): QueryPlan<void> {
  const jobs = yield* all<{ job_id: string }>(
    `SELECT job_id FROM jobs WHERE class_key = '' AND run_status IN ('running', 'paused')`,
  );
  for (const { job_id: jobId } of jobs) {
    const job = yield* findJob(jobId);
    if (job !== undefined)
      yield* run('UPDATE jobs SET class_key = ? WHERE job_id = ?', classKeyOf(job), jobId);
  }
}
