/**
 * What is stored for each worker of a job: slice durations (its part of the job's profile, see `policy/slice-profile.ts`)
 * and failed loads. Each worker has rows of its own, so that the cost of a report does not grow with the number of workers.
 * @module
 */
import type { FailedLoad, Executor } from '../../policy/attempts.js';
import {
  addSample,
  PROFILED_WORKERS_MAX,
  type SliceProfile,
  type WorkerProfile,
} from '../../policy/slice-profile.js';
import type { JobRecord } from './job-record.js';
import { all, get, run, type QueryPlan } from './query-plan.js';

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

/** Failed loads that are stored for one job, the latest ones. */
const FAILED_LOADS_MAX = 32;
/** Failed loads of one worker that are read for one lease request. */
const OWN_LOADS_MAX = 4_096;

/** The job's slice profile: how long slices took on each of the workers that reported last, the latest one at the end. */
export function* profileOf(jobId: string): QueryPlan<SliceProfile> {
  return (yield* byTime(jobId)).slice(-PROFILED_WORKERS_MAX).map(toProfile);
}

/** Like `profileOf`; deletes older workers when there are more than twice as many. */
export function* trimmedProfileOf(jobId: string): QueryPlan<SliceProfile> {
  const rows = yield* byTime(jobId);
  const kept = rows.slice(-PROFILED_WORKERS_MAX);
  if (rows.length > 2 * PROFILED_WORKERS_MAX) {
    for (const { worker_id: workerId } of rows.slice(0, -PROFILED_WORKERS_MAX))
      yield* run('DELETE FROM job_profiles WHERE job_id = ? AND worker_id = ?', jobId, workerId);
  }
  return kept.map(toProfile);
}

/** Adds a sample of that worker: `slices` slices that took `ms` milliseconds in all. */
export function* addProfileSample(
  jobId: string,
  workerId: string,
  took: { readonly ms: number; readonly slices: number },
  nowMs: number,
): QueryPlan<void> {
  const row = yield* get<ProfileRow>(
    'SELECT worker_id, ms, slices, total, at_ms FROM job_profiles WHERE job_id = ? AND worker_id = ?',
    jobId,
    workerId,
  );
  const before = row === undefined ? undefined : toProfile(row);
  const now = addSample(before, workerId, took.ms, took.slices);
  if (now !== undefined && now !== before) yield* putProfile(jobId, now, nowMs);
}

/** Stores the slice durations of one worker. */
export function* putProfile(
  jobId: string,
  { workerId, ms, slices, total }: WorkerProfile,
  atMs: number,
): QueryPlan<void> {
  yield* run(
    'INSERT OR REPLACE INTO job_profiles (job_id, worker_id, ms, slices, total, at_ms) VALUES (?, ?, ?, ?, ?, ?)',
    ...[jobId, workerId, ms, slices, total, atMs],
  );
}

function* byTime(jobId: string): QueryPlan<ProfileRow[]> {
  const rows = yield* all<ProfileRow>(
    'SELECT worker_id, ms, slices, total, at_ms FROM job_profiles WHERE job_id = ?',
    jobId,
  );
  return rows.sort(isOlder);
}

/** The workers that failed to load the job, ordered by time, the latest at the end. */
export function* failedLoadsOf(jobId: string): QueryPlan<FailedLoad[]> {
  const rows = yield* all<LoadRow>(
    'SELECT worker_id, payee, isolation, at_ms FROM failed_loads WHERE job_id = ?',
    jobId,
  );
  return rows.sort(isOlder).map(({ worker_id: workerId, payee, isolation, at_ms: atMs }) => ({
    ...{ workerId, payee, isolation, atMs },
  }));
}

/** Ids of jobs that the worker failed to load after `sinceMs`, wall milliseconds. */
export function* jobsFailedToLoadBy(workerId: string, sinceMs: number): QueryPlan<Set<string>> {
  const rows = yield* all<{ job_id: string }>(
    `SELECT job_id FROM failed_loads WHERE worker_id = ? AND at_ms > ? LIMIT ${OWN_LOADS_MAX}`,
    workerId,
    sinceMs,
  );
  return new Set(rows.map(({ job_id: jobId }) => jobId));
}

/** Records that `executor` failed to load the job; the caller saves the job. */
export function* addFailedLoad(job: JobRecord, executor: Executor, nowMs: number): QueryPlan<void> {
  job.unloadable += 1;
  const others = (yield* failedLoadsOf(job.jobId)).filter(({ workerId }) => workerId !== executor.workerId);
  for (const { workerId } of others.slice(0, Math.max(0, others.length + 1 - FAILED_LOADS_MAX)))
    yield* run('DELETE FROM failed_loads WHERE job_id = ? AND worker_id = ?', job.jobId, workerId);
  yield* putFailedLoad(job.jobId, { ...executor, atMs: nowMs });
}

/** Stores a failed load of one worker. */
export function* putFailedLoad(
  jobId: string,
  { workerId, payee, isolation, atMs }: FailedLoad,
): QueryPlan<void> {
  yield* run(
    'INSERT OR REPLACE INTO failed_loads (job_id, worker_id, payee, isolation, at_ms) VALUES (?, ?, ?, ?, ?)',
    ...[jobId, workerId, payee, isolation, atMs],
  );
}

/** Deletes the stored data of a job's workers, when the job has ended. */
export function* deleteJobWorkers(jobId: string): QueryPlan<void> {
  yield* run('DELETE FROM job_profiles WHERE job_id = ?', jobId);
  yield* run('DELETE FROM failed_loads WHERE job_id = ?', jobId);
}

/** Orders by time, then by worker id, so that the order is deterministic. */
function isOlder(a: ProfileRow | LoadRow, b: ProfileRow | LoadRow): number {
  return a.at_ms - b.at_ms || (a.worker_id < b.worker_id ? -1 : 1);
}

const toProfile = ({ worker_id: workerId, ms, slices, total }: ProfileRow): WorkerProfile => ({
  workerId,
  ms,
  slices,
  total,
});
