/**
 * Recalls: another sandbox waits for slices that this worker holds. Half of the undispatched slices are released at
 * once. Slices already in the sandbox can be reclaimed only by killing it, between two slices, where they would take
 * long. A slot keeps at least one slice of its current lease, else one slice could move between starting sandboxes for ever.
 * @module
 */
import type { Effect } from './events.js';
import { estimateSliceMs } from './dispatch.js';
import { releaseFrom } from './leases.js';
import { killSandbox } from './failures.js';
import type { CoreState, LeaseState, Slot } from './state.js';

/** A sandbox is killed to reclaim its queue only if the queue takes more than this many times its set-up time. */
const SETUP_COST_FACTOR = 4;

/** `isWarm`: the waiting sandbox has loaded the lease's job and could run its slices at once. */
export function handleRecall(
  state: CoreState,
  { leaseId, isWarm }: { leaseId: string; isWarm: boolean },
  effects: Effect[],
): Slot | undefined {
  const lease = state.leases.get(leaseId);
  if (lease === undefined) return undefined;
  const slot = state.slots[lease.slot]!;
  const isReleased = releaseHalf(state, lease, isWarm, effects);
  // Not in the middle of a slice: the next outcome marks the end of one, and shows how long slices take.
  slot.recallPending = slot.dispatched.length > 0 && (!isReleased || isOvercommitted(state, slot));
  return slot;
}

/** Between two slices: kills the sandbox and releases part of its queue, where a recall is pending and the queue takes long. */
export function reclaimQueued(state: CoreState, slot: Slot, effects: Effect[]): void {
  if (!slot.recallPending || state.mode !== 'running' || !isOvercommitted(state, slot)) return;
  slot.recallPending = false;
  const leases = slot.leases.filter((lease) => slot.dispatched.some((batch) => batch.lease === lease));
  killSandbox(slot, effects);
  for (const lease of leases) releaseHalf(state, lease, false, effects);
}

function releaseHalf(state: CoreState, lease: LeaseState, isWarm: boolean, effects: Effect[]): boolean {
  const unstarted = lease.end - lease.dispatchedTo;
  const count = Math.min(
    Math.ceil(unstarted / 2),
    unstarted - slicesToKeep(state.slots[lease.slot]!, lease, isWarm),
  );
  // Without slices to release this changes nothing.
  releaseFrom(state, lease, lease.end - count, 'Recalled.', effects);
  return count > 0;
}

/** Slices to keep: one of the slot's current lease, unless the other sandbox is ready for it and this one is not. */
function slicesToKeep(slot: Slot, lease: LeaseState, isWarm: boolean): number {
  const isNext = slot.leases[0] === lease && slot.dispatched.length === 0;
  const isReady = slot.sandbox.phase === 'ready' && slot.sandbox.jobId === lease.jobId;
  return isNext && (isReady || !isWarm) ? 1 : 0;
}

/** Whether the sandbox holds much more work than intended, because slices became slower than measured before. */
function isOvercommitted(state: CoreState, slot: Slot): boolean {
  let leftMs = 0;
  for (const { lease, next, end } of slot.dispatched)
    leftMs += (end - next) * (estimateSliceMs(state, lease) ?? 0);
  // The running slice cannot move elsewhere.
  const lease = slot.dispatched[0]?.lease;
  leftMs -= lease === undefined ? 0 : (estimateSliceMs(state, lease) ?? 0);
  return leftMs > Math.max(state.tuning.overcommittedMs, SETUP_COST_FACTOR * slot.setupMs);
}
