/**
 * Accepts outcomes from a sandbox after checking them against the batch that it runs, and handles the scheduler's replies to reports.
 * @module
 */
import { addThrottleDebt } from './throttle.js';
import type { CoreEvent, Effect } from './events.js';
import { isSingleUse, updateProfile, advanceSlot } from './dispatch.js';
import { addReport, closeReport, removeLease, completeLease, pushRelease } from './leases.js';
import { discardLease, killSandbox, failSandbox, resolveFailedInput, stopLease } from './failures.js';
import { reclaimQueued } from './recall.js';
import type { Batch, CoreState, Slot } from './state.js';

type Outcomes = Extract<CoreEvent, { type: 'outcomes' }>;

/** Maximum accepted difference between the sandbox's clock and the worker's over one batch, milliseconds. */
const CLOCK_DIFFERENCE_MS_MAX = 50;

/** Accepts the outcomes that a sandbox posted. A sandbox that reports slices out of order, or too many, is killed. */
export function acceptOutcomes(state: CoreState, event: Outcomes, nowMs: number, effects: Effect[]): void {
  const slot = state.slots[event.slot]!;
  const batch = expectedBatch(slot, event);
  if (typeof batch === 'string')
    return failSandbox(state, slot, { code: 'SANDBOX_CRASHED', message: batch }, nowMs, effects);
  const { lease } = batch;
  batch.next += event.count;
  lease.next = batch.next;
  if (event.done) slot.dispatched.shift();
  const spentMs = Math.max(0, nowMs - slot.accountedUntilMs);
  const computeMs = Math.min(event.computeMs, nowMs - batch.dispatchedMs + CLOCK_DIFFERENCE_MS_MAX);
  slot.accountedUntilMs = slot.lastActivityMs = slot.sliceStartMs = nowMs;
  slot.failures = 0;
  addThrottleDebt(state, slot, spentMs, nowMs);
  if (slot.singleSlicesLeft > 0) slot.singleSlicesLeft = Math.max(0, slot.singleSlicesLeft - event.count);
  updateProfile(state, lease, spentMs, event.count, event.segment.byteLength);
  const { first, count, segment } = event;
  // Unless the batch is done, the sandbox runs the next slice already.
  const reached = event.done ? batch.next - 1 : batch.next;
  addReport(state, lease, { first, count, computeMs, segment, reached }, effects);
  completeLease(state, lease, effects);
  resolveFailedInput(state, lease, nowMs, effects);
  reclaimQueued(state, slot, effects);
  if (isSingleUse(slot)) killSandbox(slot, effects);
  advanceSlot(state, slot, nowMs, effects);
}

/** The batch that the outcomes continue; else a sentence that says what is wrong with them. */
function expectedBatch(slot: Slot, event: Outcomes): Batch | string {
  const batch = slot.dispatched[0];
  if (batch === undefined) return 'The sandbox reported outcomes of slices that it was not assigned.';
  if (event.batch !== batch.batch || event.first !== batch.next || event.count < 1) {
    return `The sandbox reported slice ${event.first} of batch ${event.batch}, when slice ${batch.next} was next.`;
  }
  const end = event.first + event.count;
  if (end > batch.end || event.done !== (end === batch.end)) {
    return `The sandbox reported ${event.count} outcomes, when ${batch.end - batch.next} were expected.`;
  }
  return batch;
}

/** Handles the scheduler's reply to a report, or its failure. */
export function handleReportReply(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'reported' | 'report-failed' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const entry = state.reports.get(event.report);
  if (entry === undefined) return;
  const { lease } = entry;
  closeReport(state, entry);
  const held = state.leases.get(lease.leaseId) === lease;
  if (event.type === 'reported') {
    lease.lastContactMs = nowMs;
    if (held && lease.inFlight === 0 && lease.next >= lease.end) removeLease(state, lease, effects);
  } else if (held) {
    if (!event.leaseLost) {
      stopLease(state, lease, effects);
      pushRelease(lease, entry.first, 'Its outcomes could not be reported.', effects);
    }
    return discardLease(state, lease, nowMs, effects);
  }
  advanceSlot(state, state.slots[lease.slot]!, nowMs, effects);
}
