/**
 * What is stored for each worker of a job: slice durations (its part of the job's profile, see `policy/slice-profile.ts`)
 * and failed loads. Each worker has rows of its own, so that the cost of a report does not grow with the number of workers.
 * @module
 */
import type { FailedLoad, Executor } from '../../policy/attempts.js';
import { addSample, PROFILED_WORKERS_MAX, type SliceProfile } from '../../policy/slice-profile.js';
import { FAILED_LOADS, JOB_PROFILES, type JobRecord } from '../schema/job-tables.js';
import type { QueryPlan } from './query-plan.js';
import { deleteFrom, selectMany, selectOne, upsertInto } from './table-plans.js';

/** Failed loads that are stored for one job, the latest ones. */
const FAILED_LOADS_MAX = 32;
/** Failed loads of one worker that are read for one lease request. */
const OWN_LOADS_MAX = 4_096;

const PROFILE_FIELDS = ['workerId', 'ms', 'slices', 'total', 'atMs'] as const;
const profilesOf = selectMany(JOB_PROFILES, PROFILE_FIELDS, 'WHERE job_id = ?');
const findProfile = selectOne(JOB_PROFILES, PROFILE_FIELDS, 'WHERE job_id = ? AND worker_id = ?');
const deleteProfile = deleteFrom(JOB_PROFILES, 'job_id = ? AND worker_id = ?');
const deleteProfiles = deleteFrom(JOB_PROFILES, 'job_id = ?');

/** Stores the slice durations of one worker. */
export const putProfile = upsertInto(JOB_PROFILES, ['ms', 'slices', 'total', 'atMs']);

const loadsOf = selectMany(FAILED_LOADS, ['workerId', 'payee', 'isolation', 'atMs'], 'WHERE job_id = ?');
const loadsBy = selectMany(
  FAILED_LOADS,
  ['jobId'],
  `WHERE worker_id = ? AND at_ms > ? LIMIT ${OWN_LOADS_MAX}`,
);
const deleteLoad = deleteFrom(FAILED_LOADS, 'job_id = ? AND worker_id = ?');
const deleteLoads = deleteFrom(FAILED_LOADS, 'job_id = ?');

/** Stores a failed load of one worker. */
export const putFailedLoad = upsertInto(FAILED_LOADS, ['payee', 'isolation', 'atMs']);

/** The job's slice profile: how long slices took on each of the workers that reported last, the latest one at the end. */
export function* profileOf(jobId: string): QueryPlan<SliceProfile> {
  return (yield* profilesByTime(jobId)).slice(-PROFILED_WORKERS_MAX);
}

/** Like `profileOf`; deletes older workers when there are more than twice as many. */
export function* trimmedProfileOf(jobId: string): QueryPlan<SliceProfile> {
  const rows = yield* profilesByTime(jobId);
  if (rows.length > 2 * PROFILED_WORKERS_MAX) {
    for (const { workerId } of rows.slice(0, -PROFILED_WORKERS_MAX)) yield* deleteProfile(jobId, workerId);
  }
  return rows.slice(-PROFILED_WORKERS_MAX);
}

/** Adds a sample of that worker: `slices` slices that took `ms` milliseconds in all. */
export function* addProfileSample(
  jobId: string,
  workerId: string,
  took: { readonly ms: number; readonly slices: number },
  nowMs: number,
): QueryPlan<void> {
  const before = yield* findProfile(jobId, workerId);
  const now = addSample(before, workerId, took.ms, took.slices);
  if (now !== undefined && now !== before) yield* putProfile({ jobId, ...now, atMs: nowMs });
}

function* profilesByTime(jobId: string): QueryPlan<(SliceProfile[number] & { atMs: number })[]> {
  return (yield* profilesOf(jobId)).sort(byTime);
}

/** The workers that failed to load the job, ordered by time, the latest at the end. */
export function* failedLoadsOf(jobId: string): QueryPlan<FailedLoad[]> {
  return (yield* loadsOf(jobId)).sort(byTime);
}

/** Ids of jobs that the worker failed to load after `sinceMs`, wall milliseconds. */
export function* jobsFailedToLoadBy(workerId: string, sinceMs: number): QueryPlan<Set<string>> {
  return new Set((yield* loadsBy(workerId, sinceMs)).map(({ jobId }) => jobId));
}

/** Records that `executor` failed to load the job; the caller saves the job. */
export function* addFailedLoad(job: JobRecord, executor: Executor, nowMs: number): QueryPlan<void> {
  job.unloadable += 1;
  const { workerId, payee, isolation } = executor;
  const others = (yield* failedLoadsOf(job.jobId)).filter((load) => load.workerId !== workerId);
  for (const load of others.slice(0, Math.max(0, others.length + 1 - FAILED_LOADS_MAX)))
    yield* deleteLoad(job.jobId, load.workerId);
  yield* putFailedLoad({ jobId: job.jobId, workerId, payee, isolation, atMs: nowMs });
}

/** Deletes the stored data of a job's workers, when the job has ended. */
export function* deleteJobWorkers(jobId: string): QueryPlan<void> {
  yield* deleteProfiles(jobId);
  yield* deleteLoads(jobId);
}

/** Orders by time, then by worker id, so that the order is deterministic. */
function byTime(a: Dated, b: Dated): number {
  return a.atMs - b.atMs || (a.workerId < b.workerId ? -1 : 1);
}

interface Dated {
  readonly workerId: string;
  readonly atMs: number;
}
