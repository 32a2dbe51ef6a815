/**
 * How long a lease may make no progress, however often it is renewed: derived from the measured duration of the job's
 * slices, and longer for a slice whose earlier leases were revoked for lack of progress, since it may simply be a long one.
 * @module
 */
import {
  LEASE_NO_PROGRESS_MS_MAX,
  LEASE_NO_PROGRESS_MS_MIN,
  LEASE_NO_PROGRESS_SLICES,
} from '../../protocol/limits.js';
import type { FailedAttempt } from './attempts.js';
import { medianSliceMs, type SliceProfile } from './slice-profile.js';

/** Each attempt without progress multiplies the time-out of the slice's next lease by this. */
const TIMEOUT_FACTOR = 4;

/** Milliseconds without progress after which a lease is revoked; `attempts` are those of its next slice. */
export function progressTimeoutMs(profile: SliceProfile, attempts: readonly FailedAttempt[]): number {
  const sliceMs = medianSliceMs(profile);
  if (sliceMs === undefined) return LEASE_NO_PROGRESS_MS_MAX;
  const silent = attempts.filter(({ kind }) => kind === 'silent').length;
  const ms =
    Math.max(LEASE_NO_PROGRESS_MS_MIN, LEASE_NO_PROGRESS_SLICES * sliceMs) * TIMEOUT_FACTOR ** silent;
  return Math.min(LEASE_NO_PROGRESS_MS_MAX, ms);
}
