/**
 * Work that somebody else waits for: the half of what was not fed goes back at once. What the sandbox has been given
 * cannot be taken out of it; where that turned out to last long, the sandbox is killed between two slices. A slot keeps
 * at least one slice of the lease that is its turn: otherwise one slice goes to and fro between sandboxes that start.
 * @module
 */
import type { Effect } from './events.js';
import { sliceMsOf } from './feed.js';
import { returnFrom } from './leases.js';
import { killSandbox } from './losses.js';
import type { CoreState, LeaseState, Slot } from './state.js';

/** A sandbox is worth killing only for so many times what it costs to set one up. */
const SETUP_WORTH = 4;

/** `isWarm`: the sandbox that waits has loaded the lease's job and could run its slices at once. */
export function takeRecall(
  state: CoreState,
  { leaseId, isWarm }: { leaseId: string; isWarm: boolean },
  effects: Effect[],
): Slot | undefined {
  const lease = state.leases.get(leaseId);
  if (lease === undefined) return undefined;
  const slot = state.slots[lease.slot]!;
  const gave = giveHalf(state, lease, isWarm, effects);
  // Not now: it is in the middle of a slice. Its next outcome says when one ends, and how long they take.
  slot.recalled = slot.fed.length > 0 && (!gave || overfed(state, slot));
  return slot;
}

/** Between two slices, where somebody waits: takes back what the sandbox would be busy with for long. */
export function takeBack(state: CoreState, slot: Slot, effects: Effect[]): void {
  if (!slot.recalled || state.mode !== 'running' || !overfed(state, slot)) return;
  slot.recalled = false;
  const leases = slot.leases.filter((lease) => slot.fed.some((batch) => batch.lease === lease));
  killSandbox(slot, effects);
  for (const lease of leases) giveHalf(state, lease, false, effects);
}

function giveHalf(state: CoreState, lease: LeaseState, isWarm: boolean, effects: Effect[]): boolean {
  const unstarted = lease.end - lease.fedTo;
  const count = Math.min(Math.ceil(unstarted / 2), unstarted - kept(state.slots[lease.slot]!, lease, isWarm));
  if (count > 0) returnFrom(state, lease, lease.end - count, 'Recalled.', effects);
  return count > 0;
}

/** Slices that stay: one of the lease that comes next here, unless another sandbox is ready for it and this one is not. */
function kept(slot: Slot, lease: LeaseState, isWarm: boolean): number {
  const isNext = slot.leases[0] === lease && slot.fed.length === 0;
  const isReady = slot.sandbox.phase === 'ready' && slot.sandbox.jobId === lease.jobId;
  return isNext && (isReady || !isWarm) ? 1 : 0;
}

/** Whether the sandbox has much more than it was meant to: slices got slower than those before. */
function overfed(state: CoreState, slot: Slot): boolean {
  let leftMs = 0;
  for (const { lease, next, end } of slot.fed) leftMs += (end - next) * (sliceMsOf(state, lease) ?? 0);
  // The one that runs now is nobody else's.
  const lease = slot.fed[0]?.lease;
  leftMs -= lease === undefined ? 0 : (sliceMsOf(state, lease) ?? 0);
  return leftMs > Math.max(state.tuning.overfedMs, SETUP_WORTH * slot.setupMs);
}
