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

/** Workers of a job that are remembered. */
export const WORKERS_MAX = 15;
/** Half of what is known is forgotten after so much reported compute time. */
const HALF_LIFE_MS = 10_000;
/** What a worker says of its own slices counts between this part and this multiple of what the others show. */
const OWN_FACTOR_MAX = 8;

/** What a worker has shown behind a report of `slices` slices that took `ms` in all; `before`, where that says nothing. */
export function learn(
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
