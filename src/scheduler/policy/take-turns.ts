/**
 * Which jobs go before one that a sandbox is warm for: those without any lease at work, so that a short job beside a long
 * one does not wait until chance lets it in, and a job that has a sandbox keeps it for a while.
 * @module
 */
import { LEASE_TARGET_MS } from '../../protocol/limits.js';

/** When a job was served; wall milliseconds, 0 for never. */
export interface Turns {
  /** Leases at work. */
  readonly leases: number;
  /** The grant of its last lease. */
  readonly servedMs: number;
  /** The grant of its last lease to a sandbox that was not at the job before. */
  readonly turnMs: number;
}

/** A sandbox that has changed to a job stays at it so long while others wait: two leases. */
const TURN_MS = 2 * LEASE_TARGET_MS;

/** Whether a job goes before the `usual` one: it has waited for a lease's time, and that one has had its turn. */
export function goesBefore(usual: Turns, nowMs: number): (job: Turns) => boolean {
  const isOver = nowMs - usual.turnMs >= TURN_MS;
  return ({ leases, servedMs }) => {
    if (leases > 0) return false;
    // Its first lease tells what its slices take.
    if (servedMs === 0) return usual.servedMs > 0;
    return isOver && nowMs - servedMs >= LEASE_TARGET_MS;
  };
}
