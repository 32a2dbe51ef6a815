/**
 * How long a lease may go without progress, however often it is renewed: by what the job's slices take, as its workers
 * showed it, and longer for a slice that was taken from silent workers before, since it may just be a long one.
 * @module
 */
import { LEASE_SILENT_MS_MAX, LEASE_SILENT_MS_MIN, LEASE_SILENT_SLICES } from '../../protocol/limits.js';
import type { FailedAttempt } from './attempts.js';
import { medianSliceMs, type SliceProfile } from './slice-profile.js';

/** A slice that a worker was silent over is given so many times as long to the next one. */
const LONGER = 4;

/** Milliseconds without progress after which a lease is taken back; `attempts`: those of its next slice. */
export function silentMsMax(profile: SliceProfile, attempts: readonly FailedAttempt[]): number {
  const sliceMs = medianSliceMs(profile);
  if (sliceMs === undefined) return LEASE_SILENT_MS_MAX;
  const silent = attempts.filter(({ kind }) => kind === 'silent').length;
  const ms = Math.max(LEASE_SILENT_MS_MIN, LEASE_SILENT_SLICES * sliceMs) * LONGER ** silent;
  return Math.min(LEASE_SILENT_MS_MAX, ms);
}
