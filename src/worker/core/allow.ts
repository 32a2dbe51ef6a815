/**
 * What the machine's owner allows, while work goes on: how many slots, which part of their time, whether at all, and
 * whose jobs. What is not allowed any more hands back what it has not begun at once, and the rest soon.
 * @module
 */
import type { CoreEvent, Effect } from './events.js';
import { pump } from './feed.js';
import { returnFrom } from './leases.js';
import { handBack, killSandbox, stopLease } from './losses.js';
import { newSlot } from './state.js';
import type { CoreState, Slot } from './state.js';

/** How long a slot that is closed may go on with what its sandbox has been given, milliseconds. */
export const CLOSE_GRACE_MS = 1_000;

const CLOSED = 'The owner of the machine wants it back.';

/** Opens and closes slots, and sets the part of the time that they work. */
export function setAllowed(
  state: CoreState,
  { cores, share, paused }: Extract<CoreEvent, { type: 'allow' }>,
  nowMs: number,
  effects: Effect[],
): void {
  state.cores = cores;
  state.share = share;
  while (state.slots.length < cores) state.slots.push(newSlot(state.slots.length));
  for (const slot of state.slots) {
    if (share === 1) slot.restDebtMs = 0;
    if (paused || slot.slot >= cores) close(state, slot, nowMs, effects);
    else slot.closedMs = undefined;
    pump(state, slot, nowMs, effects);
  }
}

function close(state: CoreState, slot: Slot, nowMs: number, effects: Effect[]): void {
  slot.closedMs ??= nowMs;
  dropWant(state, slot, effects);
  if (slot.sandbox.phase === 'opening') killSandbox(slot, effects);
  handBack(state, slot, effects, CLOSED);
}

/** The slot asks for nothing any more. */
export function dropWant(state: CoreState, slot: Slot, effects: Effect[]): void {
  if (slot.want === undefined) return;
  if (state.online) effects.push({ type: 'unwant', want: slot.want.want });
  slot.want = undefined;
}

/** Sees to closed slots after each event: what is left in them ends by itself or, after a while, by force. */
export function tendClosed(state: CoreState, nowMs: number, effects: Effect[]): void {
  for (const slot of state.slots) {
    if (slot.closedMs === undefined) continue;
    const isOver = slot.fed.length === 0 || nowMs - slot.closedMs >= CLOSE_GRACE_MS;
    // One that has nothing to run goes too: what its job left behind (timers, say) would go on.
    if (isOver && slot.sandbox.phase !== 'none') killSandbox(slot, effects);
    if (slot.fed.length === 0) handBack(state, slot, effects, CLOSED);
  }
}

/** A lease that the owner of the machine does not want: it goes back, and the slot asks again a little later. */
export function declineGrant(
  state: CoreState,
  { want, leaseId, first, reason }: Extract<CoreEvent, { type: 'decline' }>,
  nowMs: number,
  effects: Effect[],
): void {
  effects.push({ type: 'return', leaseId, from: first, reason });
  effects.push({ type: 'lease-over', leaseId });
  const slot = state.slots.find((s) => s.want?.want === want);
  if (slot === undefined) return;
  slot.want = undefined;
  // At the next tick: whoever offers the same again and again does not keep us busy.
  slot.restUntilMs = Math.max(slot.restUntilMs, nowMs + 1);
}

/** Nothing of that job runs here any more, not even to the end of its slice. */
export function refuseJob(
  state: CoreState,
  { jobId, reason }: Extract<CoreEvent, { type: 'refuse' }>,
  nowMs: number,
  effects: Effect[],
): void {
  for (const lease of [...state.leases.values()]) {
    if (lease.jobId !== jobId) continue;
    stopLease(state, lease, effects);
    returnFrom(state, lease, lease.next, reason, effects);
  }
  for (const slot of state.slots) {
    if (slot.sandbox.phase !== 'none' && slot.sandbox.jobId === jobId) killSandbox(slot, effects);
    pump(state, slot, nowMs, effects);
  }
}
