/**
 * Migrates a store of an earlier schema to the current one, within the transaction that opens it: first it adds the columns
 * that are missing, then each step changes what is stored. A step can be repeated, because a process of an earlier version
 * may have ended in the middle of one.
 * @module
 */
import { classKeyOf, findJob } from '../rows/job-record.js';
import { run, type QueryPlan } from '../rows/query-plan.js';
import { selectMany, updateOf } from '../rows/table-plans.js';
import { JOBS } from '../schema/job-tables.js';
import { META, SCHEMA_VERSION } from '../schema/schema.js';
import { cancelJobsWithDisclosedSecrets } from './cancel-disclosed-secrets.js';
import { addMissingColumns, dropColumn } from './change-columns.js';
import type { MigrationContext } from './migration-context.js';
import { splitJobWorkers } from './split-job-workers.js';

/** The step from each schema to the next one. */
const STEPS: Record<number, (ctx: MigrationContext) => QueryPlan<void>> = {
  2: function* () {
    // Only new columns.
  },
  3: function* (ctx) {
    // `outputs_by_row` and `ranges_to_lease` replace them.
    yield* run('DROP INDEX IF EXISTS outputs_by_seq');
    yield* run('DROP INDEX IF EXISTS ranges_by_state');
    yield* dropColumn(ctx.dialect, 'jobs', 'profile_ms');
    yield* dropColumn(ctx.dialect, 'jobs', 'profile_slices');
    yield* cancelJobsWithDisclosedSecrets(ctx);
    yield* fillClassKeys();
  },
  4: function* (ctx) {
    yield* splitJobWorkers(ctx);
    // These offers do not name their job's owner, so workers would refuse them. The price is in the job's row.
    yield* run('UPDATE packages SET offer = NULL WHERE offer IS NOT NULL');
  },
  5: function* ({ nodeId }) {
    // A store of schema 5 had one node.
    yield* run(`UPDATE leases SET node_id = ? WHERE node_id = ''`, nodeId);
  },
  6: function* () {
    // Only new columns and tables.
  },
};

const setMeta = updateOf(META, ['value'], 'key = ?');

/**
 * @param version the schema version that the store records
 * @returns its version after the migration; other than `SCHEMA_VERSION` when no step leads there
 */
export function* migrate(version: string, ctx: MigrationContext): QueryPlan<string> {
  if (STEPS[Number(version)] === undefined) return version;
  yield* addMissingColumns(ctx.dialect);
  for (let at = Number(version); at < SCHEMA_VERSION; at++) {
    yield* STEPS[at]!(ctx);
    yield* setMeta({ value: String(at + 1) }, 'schema');
  }
  return String(SCHEMA_VERSION);
}

const jobsWithoutClassKey = selectMany(
  JOBS,
  ['jobId'],
  `WHERE class_key = '' AND run_status IN ('running', 'paused')`,
);
const setClassKey = updateOf(JOBS, ['classKey'], 'job_id = ?');

function* fillClassKeys(): QueryPlan<void> {
  for (const { jobId } of yield* jobsWithoutClassKey()) {
    const job = yield* findJob(jobId);
    if (job !== undefined) yield* setClassKey({ classKey: classKeyOf(job) }, jobId);
  }
}
