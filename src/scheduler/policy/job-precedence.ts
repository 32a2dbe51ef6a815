/**
 * Prevents starvation: a job without active leases takes precedence over a job that a sandbox is warm for, so that a
 * short job beside a long one gets its turn, while a job keeps a sandbox for a minimum time.
 * @module
 */
import { LEASE_TARGET_MS } from '../../protocol/limits.js';

/** When a job was granted leases; wall milliseconds, 0 for never. */
export interface ServiceTimes {
  /** Active leases. */
  readonly leases: number;
  /** Time of its last grant. */
  readonly servedMs: number;
  /** Time of its last grant to a sandbox that did not run this job before. */
  readonly turnMs: number;
}

/** A sandbox that has switched to a job keeps it for this long while others wait, milliseconds: two leases. */
const TURN_MS = 2 * LEASE_TARGET_MS;

/** Whether a job takes precedence over the `usual` one: it has waited for the length of a lease, and the other has had its turn. */
export function takesPrecedence(usual: ServiceTimes, nowMs: number): (job: ServiceTimes) => boolean {
  const isOver = nowMs - usual.turnMs >= TURN_MS;
  return ({ leases, servedMs }) => {
    if (leases > 0) return false;
    // Its first lease measures the duration of its slices.
    if (servedMs === 0) return usual.servedMs > 0;
    return isOver && nowMs - servedMs >= LEASE_TARGET_MS;
  };
}
