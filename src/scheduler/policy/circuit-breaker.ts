/**
 * When a job is stopped because its slices only fail: its work function is wrong, and the rest of its slices would cost
 * its owner and the workers more of the same.
 * @module
 */
import { FIRST_FAILURES_MAX } from '../../protocol/limits.js';

/** How many slices of a job are in each state, and whether more may come. */
export interface SliceCounts {
  readonly open: boolean;
  readonly total: number;
  readonly accepted: number;
  readonly failed: number;
  /** Leases at work. */
  readonly leases: number;
}

/**
 * Whether a job is stopped: no slice has a result, `FIRST_FAILURES_MAX` have failed for good, and there is more to stop.
 * So many must have failed too as there are leases at work: where slices that fail take much less time than those that
 * succeed, the first ones to end are failures on a large crowd, and say nothing of the others.
 */
export function isToBeStopped({ open, total, accepted, failed, leases }: SliceCounts): boolean {
  if (accepted > 0 || failed < Math.max(FIRST_FAILURES_MAX, leases)) return false;
  return open || failed < total;
}
