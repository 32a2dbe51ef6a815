/**
 * Limits that the owner of the machine changes while work is running: number of slots, share of time, pause, and
 * excluded jobs. What is not allowed any more releases its undispatched slices at once and the others soon after.
 * @module
 */
import type { CoreEvent, Effect } from './events.js';
import { advanceSlot } from './dispatch.js';
import { pushRelease, releaseFrom } from './leases.js';
import { releaseUndispatched, killSandbox, stopLease } from './failures.js';
import { newSlot } from './state.js';
import type { CoreState, Slot } from './state.js';

/** How long a closed slot may continue with the batches that its sandbox holds, milliseconds. */
export const CLOSE_GRACE_MS = 1_000;

const CLOSED = 'The owner of the machine stopped this work.';

/** Opens and closes slots, and sets the share of time that they may work. */
export function applyLimits(
  state: CoreState,
  { cores, share, paused }: Extract<CoreEvent, { type: 'limits' }>,
  nowMs: number,
  effects: Effect[],
): void {
  state.cores = cores;
  state.share = share;
  while (state.slots.length < cores) state.slots.push(newSlot(state.slots.length));
  for (const slot of state.slots) {
    if (share === 1) slot.throttleDebtMs = 0;
    if (paused || slot.slot >= cores) close(state, slot, nowMs, effects);
    else slot.closedMs = undefined;
    advanceSlot(state, slot, nowMs, effects);
  }
}

function close(state: CoreState, slot: Slot, nowMs: number, effects: Effect[]): void {
  slot.closedMs ??= nowMs;
  cancelRequest(state, slot, effects);
  if (slot.sandbox.phase === 'opening') killSandbox(slot, effects);
  releaseUndispatched(state, slot, effects, CLOSED);
}

/** Cancels the slot's lease request. */
export function cancelRequest(state: CoreState, slot: Slot, effects: Effect[]): void {
  if (slot.request === undefined) return;
  if (state.online) effects.push({ type: 'cancel-request', request: slot.request.request });
  slot.request = undefined;
}

/** Runs after each event: a closed slot ends when its sandbox has finished, or is killed after `CLOSE_GRACE_MS`. */
export function drainClosedSlots(state: CoreState, nowMs: number, effects: Effect[]): void {
  for (const slot of state.slots) {
    if (slot.closedMs === undefined) continue;
    const isOver = slot.dispatched.length === 0 || nowMs - slot.closedMs >= CLOSE_GRACE_MS;
    // Also kill a sandbox without slices: timers and other code that its job left behind would continue.
    if (isOver && slot.sandbox.phase !== 'none') killSandbox(slot, effects);
    if (slot.dispatched.length === 0) releaseUndispatched(state, slot, effects, CLOSED);
  }
}

/** Releases a lease that this worker does not accept; the slot requests another one after a short delay. */
export function declineGrant(
  state: CoreState,
  { request, leaseId, jobId, first, count, reason }: Extract<CoreEvent, { type: 'decline' }>,
  nowMs: number,
  effects: Effect[],
): void {
  pushRelease({ leaseId, jobId, end: first + count }, first, reason, effects);
  const slot = state.slots.find((s) => s.request?.request === request);
  if (slot === undefined) return;
  slot.request = undefined;
  // Not before the next tick, so that a scheduler which offers the same lease repeatedly does not cause a busy loop.
  slot.backoffUntilMs = Math.max(slot.backoffUntilMs, nowMs + 1);
}

/** Stops a job at once: its running slice is aborted too. */
export function refuseJob(
  state: CoreState,
  { jobId, reason }: Extract<CoreEvent, { type: 'refuse' }>,
  nowMs: number,
  effects: Effect[],
): void {
  for (const lease of [...state.leases.values()]) {
    if (lease.jobId !== jobId) continue;
    stopLease(state, lease, effects);
    releaseFrom(state, lease, lease.next, reason, effects);
  }
  for (const slot of state.slots) {
    if (slot.sandbox.jobId === jobId) killSandbox(slot, effects);
    advanceSlot(state, slot, nowMs, effects);
  }
}
