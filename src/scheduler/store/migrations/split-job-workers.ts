/**
 * A migration step: schema 4 stored the data of a job's workers as text in the job's row, which every report rewrote. It is
 * moved to one row for each worker.
 * @module
 */
import { putFailedLoad, putProfile } from '../rows/job-workers.js';
import { all, type QueryPlan } from '../rows/query-plan.js';
import type { SchemaDialect } from '../schema/dialect.js';
import { dropColumn, hasColumn } from './change-columns.js';
import type { MigrationContext } from './migration-context.js';

type StoredLoad = [workerId: string, payee: string, isolation: string, atMs: number];
type StoredProfile = [workerId: string, ms: number, slices: number, total: number];

/** Moves both columns; one is missing in a store of schema 3, or where a process ended in the middle of this step. */
export function* splitJobWorkers({ dialect, nowMs }: MigrationContext): QueryPlan<void> {
  for (const { jobId, list } of yield* listsIn<StoredLoad>(dialect, 'unloadable_by')) {
    for (const [workerId, payee, isolation, atMs] of list)
      yield* putFailedLoad({ jobId, workerId, payee, isolation, atMs });
  }
  yield* dropColumn(dialect, 'jobs', 'unloadable_by');
  for (const { jobId, list } of yield* listsIn<StoredProfile>(dialect, 'profile_by')) {
    for (const [i, [workerId, ms, slices, total]] of list.entries())
      yield* putProfile({ jobId, workerId, ms, slices, total, atMs: nowMs - list.length + i });
  }
  yield* dropColumn(dialect, 'jobs', 'profile_by');
}

/** The lists in a column of the unfinished jobs, stored as JSON text; none when the table does not have the column. */
function* listsIn<T>(dialect: SchemaDialect, column: string): QueryPlan<{ jobId: string; list: T[] }[]> {
  if (!(yield* hasColumn(dialect, 'jobs', column))) return [];
  const rows = yield* all<{ job_id: string; list: string }>(
    `SELECT job_id, ${column} AS list FROM jobs WHERE run_status IN ('running', 'paused') AND ${column} > ''`,
  );
  return rows.map(({ job_id: jobId, list }) => ({ jobId, list: JSON.parse(list) as T[] }));
}
