/**
 * What one slice of a job takes, learned from reports: total time over total slices, where old reports fade, so that
 * a job whose slices grow heavier is noticed and one odd report is not believed alone.
 * @module
 */
export interface SliceProfile {
  /** Faded sum of compute time, milliseconds. */
  readonly ms: number;
  /** Faded count of slices. */
  readonly slices: number;
}

export const EMPTY_PROFILE: SliceProfile = { ms: 0, slices: 0 };

/** Half of what is known is forgotten after so much reported compute time. */
const HALF_LIFE_MS = 10_000;

/** The profile after a report of `slices` slices that took `ms` in all. */
export function learn(profile: SliceProfile, ms: number, slices: number): SliceProfile {
  if (slices <= 0 || !(ms >= 0)) return profile;
  const keep = 2 ** (-ms / HALF_LIFE_MS);
  return { ms: profile.ms * keep + ms, slices: profile.slices * keep + slices };
}

/** Milliseconds of one slice; undefined where nothing is known. */
export function meanSliceMs(profile: SliceProfile): number | undefined {
  return profile.slices > 0 ? profile.ms / profile.slices : undefined;
}
