/**
 * Decides when a job is stopped because its slices only fail: its work function is wrong, and running the remaining slices
 * would only cost its owner and the workers more.
 * @module
 */
import { FIRST_FAILURES_MAX } from '../../protocol/limits.js';

/** Slices of a job by state, and whether its owner may append more. */
export interface SliceCounts {
  readonly open: boolean;
  readonly total: number;
  readonly accepted: number;
  readonly failed: number;
  /** Active leases. */
  readonly leases: number;
}

/**
 * Whether a job is stopped: no slice has a result, at least `FIRST_FAILURES_MAX` have failed for good, and slices are left.
 * At least as many must have failed as there are active leases: slices that fail may end much sooner than slices that
 * succeed, so with many workers the first outcomes can all be failures although most slices would succeed.
 */
export function shouldStopJob({ open, total, accepted, failed, leases }: SliceCounts): boolean {
  if (accepted > 0 || failed < Math.max(FIRST_FAILURES_MAX, leases)) return false;
  return open || failed < total;
}
