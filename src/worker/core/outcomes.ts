/**
 * Outcomes of a sandbox, checked against what it was fed, and the scheduler's answers to their reports.
 * @module
 */
import { owe } from './duty.js';
import type { CoreEvent, Effect } from './events.js';
import { isFresh, learn, pump } from './feed.js';
import { forgetLease, settleLease } from './leases.js';
import { dropLease, killSandbox, loseSandbox, settleBad, stopLease } from './losses.js';
import { takeBack } from './recall.js';
import { addReport, closeReport } from './reports.js';
import type { Batch, CoreState } from './state.js';

type Outcomes = Extract<CoreEvent, { type: 'outcomes' }>;

/** Takes what a sandbox says it computed; a sandbox that is out of turn dies. */
export function takeOutcomes(state: CoreState, event: Outcomes, nowMs: number, effects: Effect[]): void {
  const slot = state.slots[event.slot]!;
  const batch = slot.fed[0];
  const wrong = outOfTurn(batch, event);
  if (batch === undefined || wrong !== undefined) {
    return loseSandbox(state, slot, { code: 'SANDBOX_CRASHED', message: wrong! }, nowMs, effects);
  }
  const { lease } = batch;
  batch.next += event.count;
  lease.next = batch.next;
  if (event.done) slot.fed.shift();
  const spentMs = Math.max(0, nowMs - slot.markMs);
  const computeMs = Math.min(event.computeMs, nowMs - batch.fedMs + CLOCK_SLACK_MS);
  slot.markMs = slot.signMs = slot.sliceStartMs = nowMs;
  slot.failures = 0;
  owe(state, slot, spentMs, nowMs);
  if (slot.careful > 0) slot.careful = Math.max(0, slot.careful - event.count);
  learn(state, lease, spentMs, event.count, event.segment.byteLength);
  const { first, count, segment } = event;
  addReport(state, lease, { first, count, computeMs, segment }, effects);
  settleLease(state, lease, effects);
  settleBad(state, lease, nowMs, effects);
  takeBack(state, slot, effects);
  if (isFresh(slot)) killSandbox(slot, effects);
  pump(state, slot, nowMs, effects);
}

/** Two clocks, the sandbox's and ours, may differ by so much over one batch, milliseconds. */
const CLOCK_SLACK_MS = 50;

function outOfTurn(batch: Batch | undefined, event: Outcomes): string | undefined {
  if (batch === undefined) return 'The sandbox reported outcomes of slices that it was not given.';
  if (event.batch !== batch.batch || event.first !== batch.next || event.count < 1) {
    return `The sandbox reported slice ${event.first} of batch ${event.batch}, when slice ${batch.next} was next.`;
  }
  const end = event.first + event.count;
  if (end > batch.end || event.done !== (end === batch.end)) {
    return `The sandbox reported ${event.count} outcomes, when ${batch.end - batch.next} were to come.`;
  }
  return undefined;
}

/** A report was answered, well or not. */
export function takeAnswer(
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
    lease.heardMs = nowMs;
    if (held && lease.inFlight === 0 && lease.next >= lease.end) forgetLease(state, lease, effects);
  } else if (held) {
    if (!event.lost) {
      stopLease(state, lease, effects);
      const reason = 'Its outcomes could not be reported.';
      effects.push({ type: 'return', leaseId: lease.leaseId, from: entry.first, reason });
    }
    return dropLease(state, lease, nowMs, effects);
  }
  pump(state, state.slots[lease.slot]!, nowMs, effects);
}
