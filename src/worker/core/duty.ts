/**
 * The part of its time that a slot works: each batch runs alone, and behind it the slot rests for what it then owes.
 * @module
 */
import type { CoreState, Slot } from './state.js';

/** Rest beyond what was owed counts for later up to this, milliseconds: a tick comes late by about as much. */
const CREDIT_MS_MAX = 200;

/** The slot has worked for `spentMs` up to now. */
export function owe(state: CoreState, slot: Slot, spentMs: number, nowMs: number): void {
  if (state.share < 1) slot.restDebtMs += spentMs * (1 / state.share - 1);
  slot.restFromMs = nowMs;
}

/** Whether its sandbox must not be fed now. */
export function rests(state: CoreState, slot: Slot, nowMs: number): boolean {
  if (state.share === 1) return false;
  if (slot.fed.length > 0) return true;
  const left = slot.restDebtMs - (nowMs - slot.restFromMs);
  if (left > 0) return true;
  slot.restDebtMs = Math.max(left, -CREDIT_MS_MAX);
  slot.restFromMs = nowMs;
  return false;
}
