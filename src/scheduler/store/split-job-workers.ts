/**
 * Schema 4 kept what a job's workers showed as text in the job's own row, which every report wrote anew: each worker gets
 * a row of its own.
 * @module
 */
import { forgetWorkersOf, putFailedLoad, putProfile } from './job-workers.js';
import { addColumn, dropColumn } from './columns.js';
import { all, type Script } from './rows/query-plan.js';

type StoredLoad = [workerId: string, payee: string, isolation: string, atMs: number];
type StoredProfile = [workerId: string, ms: number, slices: number, total: number];

export function* splitJobWorkers(nowMs: number): Script<void> {
  // They are missing where a process of another version ended in the middle.
  yield* addColumn('jobs', 'unloadable_by', `TEXT NOT NULL DEFAULT ''`);
  yield* addColumn('jobs', 'profile_by', `TEXT NOT NULL DEFAULT ''`);
  const rows = yield* all<{ job_id: string; unloadable_by: string; profile_by: string }>(
    `SELECT job_id, unloadable_by, profile_by FROM jobs
      WHERE run_status IN ('running', 'paused') AND (unloadable_by > '' OR profile_by > '')`,
  );
  for (const { job_id: jobId, unloadable_by: loads, profile_by: profile } of rows) {
    yield* forgetWorkersOf(jobId);
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
