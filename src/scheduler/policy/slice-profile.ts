/**
 * What one slice of a job takes, learned from reports: for each worker by itself, total time over total slices, where old
 * reports fade, so that a job whose slices grow heavier is noticed; and for the job the median of its workers, so that
 * what one of them says alone is not believed.
 * @module
 */
/** What one worker showed. */
export interface WorkerProfile {
  readonly workerId: string;
  /** Faded sum of compute time, milliseconds. */
  readonly ms: number;
  /** Faded count of slices. */
  readonly slices: number;
  /** Slices that it ever reported. */
  readonly total: number;
}

/** The workers that reported last, the latest one at the end. */
export type SliceProfile = readonly WorkerProfile[];

export const EMPTY_PROFILE: SliceProfile = [];

/** Workers of a job that are remembered. */
const WORKERS_MAX = 15;
/** Half of what is known is forgotten after so much reported compute time. */
const HALF_LIFE_MS = 10_000;
/** What a worker says of its own slices counts between this part and this multiple of what the others show. */
const OWN_FACTOR_MAX = 8;

/** The profile after a report of `slices` slices by that worker that took `ms` in all. */
export function learn(profile: SliceProfile, workerId: string, ms: number, slices: number): SliceProfile {
  if (slices <= 0 || !(ms >= 0)) return profile;
  const before = profile.find((one) => one.workerId === workerId) ?? { ms: 0, slices: 0, total: 0 };
  const keep = 2 ** (-ms / HALF_LIFE_MS);
  const now = {
    workerId,
    ms: before.ms * keep + ms,
    slices: before.slices * keep + slices,
    total: before.total + slices,
  };
  return [...profile.filter((one) => one.workerId !== workerId), now].slice(-WORKERS_MAX);
}

/** Milliseconds of one slice by the median of the workers (of two the longer one); undefined where nothing is known. */
export function medianSliceMs(profile: SliceProfile): number | undefined {
  const means = profile.map(meanOf).sort((a, b) => a - b);
  return means[Math.floor(means.length / 2)];
}

/** What that worker is thought to take for a slice: as it showed, near to what the others show; undefined if unknown. */
export function sliceMsFor(profile: SliceProfile, workerId: string): number | undefined {
  const own = profile.find((one) => one.workerId === workerId);
  const others = medianSliceMs(profile.filter((one) => one !== own));
  if (own === undefined) return others;
  if (others === undefined) return meanOf(own);
  return Math.min(others * OWN_FACTOR_MAX, Math.max(others / OWN_FACTOR_MAX, meanOf(own)));
}

/** Slices of the job that the worker has reported. */
export function slicesOf(profile: SliceProfile, workerId: string): number {
  return profile.find((one) => one.workerId === workerId)?.total ?? 0;
}

const meanOf = ({ ms, slices }: WorkerProfile): number => ms / slices;
