/**
 * Estimates the duration of one slice of a job from reports. For each worker: total time over total slices, with
 * exponentially decayed samples, so that the estimate follows slices that become slower. For the job: the median of its
 * workers, so that a single worker cannot falsify it.
 * @module
 */
/** The samples of one worker. */
export interface WorkerProfile {
  readonly workerId: string;
  /** Decayed sum of compute time, milliseconds. */
  readonly ms: number;
  /** Decayed count of slices. */
  readonly slices: number;
  /** All slices that it has reported. */
  readonly total: number;
}

/** The workers that reported last, ordered by time, the latest one at the end. */
export type SliceProfile = readonly WorkerProfile[];

/** Workers with a profile for each job. */
export const PROFILED_WORKERS_MAX = 15;
/** Half-life of the samples, in milliseconds of reported compute time. */
const HALF_LIFE_MS = 10_000;
/** A worker's own estimate is clamped to the median of the others, divided and multiplied by this. */
const OWN_FACTOR_MAX = 8;

/** The worker's profile after a report of `slices` slices that took `ms` in all; `before` when the report is invalid. */
export function addSample(
  before: WorkerProfile | undefined,
  workerId: string,
  ms: number,
  slices: number,
): WorkerProfile | undefined {
  if (slices <= 0 || !(ms >= 0)) return before;
  const keep = 2 ** (-ms / HALF_LIFE_MS);
  return {
    workerId,
    ms: (before?.ms ?? 0) * keep + ms,
    slices: (before?.slices ?? 0) * keep + slices,
    total: (before?.total ?? 0) + slices,
  };
}

/** The median of the workers' mean slice durations (of two the longer one), milliseconds; undefined without samples. */
export function medianSliceMs(profile: SliceProfile): number | undefined {
  const means = profile.map(meanOf).sort((a, b) => a - b);
  return means[Math.floor(means.length / 2)];
}

/** Estimated duration of one slice on that worker, milliseconds: its own mean, clamped by the others' median; or undefined. */
export function profiledSliceMs(profile: SliceProfile, workerId: string): number | undefined {
  const own = profile.find((one) => one.workerId === workerId);
  const others = medianSliceMs(profile.filter((one) => one !== own));
  if (own === undefined) return others;
  if (others === undefined) return meanOf(own);
  return Math.min(others * OWN_FACTOR_MAX, Math.max(others / OWN_FACTOR_MAX, meanOf(own)));
}

/** Slices of the job that the worker has reported. */
export function reportedSlices(profile: SliceProfile, workerId: string): number {
  return profile.find((one) => one.workerId === workerId)?.total ?? 0;
}

const meanOf = ({ ms, slices }: WorkerProfile): number => ms / slices;
