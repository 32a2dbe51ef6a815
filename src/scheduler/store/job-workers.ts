/**
 * What single workers showed of a job: what its slices took there, and that it could not be loaded. Each worker has a row
 * of its own beside the job's, so that a report writes what it changes, however many workers a job has.
 * @module
 */
import type { FailedLoad, Runner } from '../policy/attempts.js';
import { learn, WORKERS_MAX, type SliceProfile, type WorkerProfile } from '../policy/slice-profile.js';
import type { JobRecord } from './rows/job-record.js';
import { all, get, run, type Script } from './rows/query-plan.js';

interface ProfileRow {
  worker_id: string;
  ms: number;
  slices: number;
  total: number;
  at_ms: number;
}

interface LoadRow {
  worker_id: string;
  payee: string;
  isolation: string;
  at_ms: number;
}

/** Workers that could not load a job which are remembered, the latest ones. */
const FAILED_LOADS_MAX = 32;
/** Jobs that one worker could not load a short while ago which are looked up for one lease. */
const OWN_LOADS_MAX = 4_096;

/** The workers that reported last, the latest one at the end. */
export function* profileOf(jobId: string): Script<SliceProfile> {
  return (yield* byTime(jobId)).slice(-WORKERS_MAX).map(toProfile);
}

/** As `profileOf`; workers beyond those are forgotten once there are as many again. */
export function* trimmedProfileOf(jobId: string): Script<SliceProfile> {
  const rows = yield* byTime(jobId);
  const kept = rows.slice(-WORKERS_MAX);
  if (rows.length > 2 * WORKERS_MAX) {
    for (const { worker_id: workerId } of rows.slice(0, -WORKERS_MAX))
      yield* run('DELETE FROM job_profiles WHERE job_id = ? AND worker_id = ?', jobId, workerId);
  }
  return kept.map(toProfile);
}

/** Adds what a report of `slices` slices shows of that worker: they took `ms` in all. */
export function* learnOf(
  jobId: string,
  workerId: string,
  took: { readonly ms: number; readonly slices: number },
  nowMs: number,
): Script<void> {
  const row = yield* get<ProfileRow>(
    'SELECT worker_id, ms, slices, total, at_ms FROM job_profiles WHERE job_id = ? AND worker_id = ?',
    jobId,
    workerId,
  );
  const before = row === undefined ? undefined : toProfile(row);
  const now = learn(before, workerId, took.ms, took.slices);
  if (now !== undefined && now !== before) yield* putProfile(jobId, now, nowMs);
}

/** Writes what one worker showed down. */
export function* putProfile(
  jobId: string,
  { workerId, ms, slices, total }: WorkerProfile,
  atMs: number,
): Script<void> {
  yield* run(
    'INSERT OR REPLACE INTO job_profiles (job_id, worker_id, ms, slices, total, at_ms) VALUES (?, ?, ?, ?, ?, ?)',
    ...[jobId, workerId, ms, slices, total, atMs],
  );
}

function* byTime(jobId: string): Script<ProfileRow[]> {
  const rows = yield* all<ProfileRow>(
    'SELECT worker_id, ms, slices, total, at_ms FROM job_profiles WHERE job_id = ?',
    jobId,
  );
  return rows.sort(isOlder);
}

/** Who could not load the job, the latest at the end. */
export function* failedLoadsOf(jobId: string): Script<FailedLoad[]> {
  const rows = yield* all<LoadRow>(
    'SELECT worker_id, payee, isolation, at_ms FROM failed_loads WHERE job_id = ?',
    jobId,
  );
  return rows.sort(isOlder).map(({ worker_id: workerId, payee, isolation, at_ms: atMs }) => ({
    ...{ workerId, payee, isolation, atMs },
  }));
}

/** Jobs that the worker could not load behind `sinceMs`, wall milliseconds. */
export function* loadsFailedBy(workerId: string, sinceMs: number): Script<Set<string>> {
  const rows = yield* all<{ job_id: string }>(
    `SELECT job_id FROM failed_loads WHERE worker_id = ? AND at_ms > ? LIMIT ${OWN_LOADS_MAX}`,
    workerId,
    sinceMs,
  );
  return new Set(rows.map(({ job_id: jobId }) => jobId));
}

/** Adds who could not load the job; the caller saves the job. */
export function* addFailedLoad(job: JobRecord, runner: Runner, nowMs: number): Script<void> {
  job.unloadable += 1;
  const others = (yield* failedLoadsOf(job.jobId)).filter(({ workerId }) => workerId !== runner.workerId);
  for (const { workerId } of others.slice(0, Math.max(0, others.length + 1 - FAILED_LOADS_MAX)))
    yield* run('DELETE FROM failed_loads WHERE job_id = ? AND worker_id = ?', job.jobId, workerId);
  yield* putFailedLoad(job.jobId, { ...runner, atMs: nowMs });
}

/** Writes down that one worker could not load the job. */
export function* putFailedLoad(
  jobId: string,
  { workerId, payee, isolation, atMs }: FailedLoad,
): Script<void> {
  yield* run(
    'INSERT OR REPLACE INTO failed_loads (job_id, worker_id, payee, isolation, at_ms) VALUES (?, ?, ?, ?, ?)',
    ...[jobId, workerId, payee, isolation, atMs],
  );
}

/** Forgets what the workers of a job showed: it has come to its end. */
export function* forgetWorkersOf(jobId: string): Script<void> {
  yield* run('DELETE FROM job_profiles WHERE job_id = ?', jobId);
  yield* run('DELETE FROM failed_loads WHERE job_id = ?', jobId);
}

/** Equal times in one order, whatever the database does. */
function isOlder(a: ProfileRow | LoadRow, b: ProfileRow | LoadRow): number {
  return a.at_ms - b.at_ms || (a.worker_id < b.worker_id ? -1 : 1);
}

const toProfile = ({ worker_id: workerId, ms, slices, total }: ProfileRow): WorkerProfile => ({
  workerId,
  ms,
  slices,
  total,
});
