/**
 * Limits the share of time that a slot works: each batch runs alone, and the slot then stays idle in proportion to its working time.
 * @module
 */
import type { CoreState, Slot } from './state.js';

/** Idle time beyond the debt is credited up to this, milliseconds: about the delay of a late tick. */
const CREDIT_MS_MAX = 200;

/** Adds the debt for `spentMs` of work that ended now. */
export function addThrottleDebt(state: CoreState, slot: Slot, spentMs: number, nowMs: number): void {
  slot.throttleDebtMs += spentMs * (1 / state.share - 1);
  slot.idleSinceMs = nowMs;
}

/** Whether no batch may be dispatched to its sandbox now. */
export function isThrottled(state: CoreState, slot: Slot, nowMs: number): boolean {
  if (state.share === 1) return false;
  if (slot.dispatched.length > 0) return true;
  const left = slot.throttleDebtMs - (nowMs - slot.idleSinceMs);
  if (left > 0) return true;
  slot.throttleDebtMs = Math.max(left, -CREDIT_MS_MAX);
  slot.idleSinceMs = nowMs;
  return false;
}
