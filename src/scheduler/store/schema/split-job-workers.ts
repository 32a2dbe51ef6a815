/**
 * Schema 4 stored the data of a job's workers as text in the job's row, which every report rewrote: this step moves it to
 * one row for each worker.
 * @module
 */
import { deleteJobWorkers, putFailedLoad, putProfile } from '../rows/job-workers.js';
import { addColumn, dropColumn } from './columns.js';
import { all, type QueryPlan } from '../rows/query-plan.js';

type StoredLoad = [workerId: string, payee: string, isolation: string, atMs: number];
type StoredProfile = [workerId: string, ms: number, slices: number, total: number];

export function* splitJobWorkers(nowMs: number): QueryPlan<void> {
  // They are missing if a process of another version ended in the middle of this step.
  yield* addColumn('jobs', 'unloadable_by', `TEXT NOT NULL DEFAULT ''`);
  yield* addColumn('jobs', 'profile_by', `TEXT NOT NULL DEFAULT ''`);
  const rows = yield* all<{ job_id: string; unloadable_by: string; profile_by: string }>(
    `SELECT job_id, unloadable_by, profile_by FROM jobs
      WHERE run_status IN ('running', 'paused') AND (unloadable_by > '' OR profile_by > '')`,
  );
  for (const { job_id: jobId, unloadable_by: loads, profile_by: profile } of rows) {
    yield* deleteJobWorkers(jobId);
    for (const [workerId, payee, isolation, atMs] of parse<StoredLoad>(loads))
      yield* putFailedLoad(jobId, { workerId, payee, isolation, atMs });
    const stored = parse<StoredProfile>(profile);
    for (const [i, [workerId, ms, slices, total]] of stored.entries())
      yield* putProfile(jobId, { workerId, ms, slices, total }, nowMs - stored.length + i);
  }
  yield* dropColumn('jobs', 'unloadable_by');
  yield* dropColumn('jobs', 'profile_by');
}

const parse = <T>(text: string): T[] => (text === '' ? [] : (JSON.parse(text) as T[]));
