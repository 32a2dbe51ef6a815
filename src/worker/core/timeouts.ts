/**
 * Reactions to time: slices that exceed their limits, renewal of leases, and the end of a slot's back-off or throttling.
 * @module
 */
import type { CoreEvent, Effect, AttemptFailure } from './events.js';
import { advanceSlot } from './dispatch.js';
import { failSandbox } from './failures.js';
import { runningBatch } from './state.js';
import type { CoreState, Slot } from './state.js';
import { TICK_MS } from './tuning.js';

/** A tick later than this after the last one shows that the machine was suspended or the page throttled, milliseconds. */
const LATE_MS = 1_500;
/** A sandbox reports the start of a slice only if its last message is this old, milliseconds. */
const BEGIN_SLACK_MS = 200;
/** Number of renewals in the duration of a lease. */
const RENEWALS = 3;
/** Number of probes of a silent slice before its no-progress limit is reached. */
const PROBES = 4;
/** A thread that is not computing replies within this, milliseconds. */
const ANSWER_MS_MAX = 2_000;

export function handleTick(state: CoreState, nowMs: number, effects: Effect[]): void {
  const last = state.lastTickMs;
  state.lastTickMs = nowMs;
  if (last !== undefined && nowMs - last > LATE_MS) extendDeadlines(state, nowMs - last - TICK_MS);
  for (const slot of state.slots) {
    const failure = findTimeout(slot, nowMs);
    if (failure !== undefined) {
      failSandbox(state, slot, failure, nowMs, effects);
      continue;
    }
    probe(slot, nowMs, effects);
    advanceSlot(state, slot, nowMs, effects);
  }
  renew(state, nowMs, effects);
}

/** Extends the limits by a time in which no message could be received. */
function extendDeadlines(state: CoreState, ms: number): void {
  for (const slot of state.slots) {
    slot.sliceStartMs += ms;
    slot.lastActivityMs += ms;
    slot.probedMs += ms;
  }
}

/** A slice that computes without posting messages is not stuck: its sandbox is probed before its limit is reached. */
function probe(slot: Slot, nowMs: number, effects: Effect[]): void {
  const { sandbox } = slot;
  if (sandbox.phase !== 'ready' || slot.dispatched[0]?.awaitingInput !== false) return;
  if (nowMs - Math.max(slot.lastActivityMs, slot.probedMs) < sandbox.limits.noProgressMs / PROBES) return;
  slot.probedMs = nowMs;
  const withinMs = Math.min(ANSWER_MS_MAX, sandbox.limits.noProgressMs / (2 * PROBES));
  effects.push({ type: 'probe-sandbox', slot: slot.slot, epoch: sandbox.epoch, withinMs });
}

function findTimeout(slot: Slot, nowMs: number): AttemptFailure | undefined {
  // While the input is being fetched, the limits of the fetch apply.
  if (slot.sandbox.phase !== 'ready' || slot.dispatched[0]?.awaitingInput !== false) return undefined;
  const { sliceTimeoutMs, noProgressMs } = slot.sandbox.limits;
  if (nowMs - slot.sliceStartMs > sliceTimeoutMs + BEGIN_SLACK_MS) {
    return {
      code: 'SLICE_TIMEOUT',
      message: `The slice took more than ${sliceTimeoutMs} ms, which is its job's limit.`,
    };
  }
  if (nowMs - slot.lastActivityMs > noProgressMs + BEGIN_SLACK_MS) {
    return {
      code: 'NO_PROGRESS',
      message:
        `The slice gave no sign of progress for ${noProgressMs} ms, and its thread was not at work: it waits for ` +
        'something that does not come. One that has to wait for so long calls progress(), or its job sets a higher limit.',
    };
  }
  return undefined;
}

function renew(state: CoreState, nowMs: number, effects: Effect[]): void {
  if (!state.online) return;
  let due = false;
  for (const lease of state.leases.values()) due ||= nowMs - lease.lastContactMs >= lease.leaseMs / RENEWALS;
  if (!due) return;
  for (const lease of state.leases.values()) lease.lastContactMs = nowMs;
  effects.push({ type: 'renew', leaseIds: [...state.leases.keys()] });
}

/** The input of a batch arrived: if it is the running batch, its time limits start now. */
export function handleInputReady(slot: Slot, number: number, nowMs: number): void {
  const batch = slot.dispatched.find((b) => b.batch === number);
  if (batch === undefined) return;
  batch.awaitingInput = false;
  if (batch === slot.dispatched[0]) slot.sliceStartMs = slot.lastActivityMs = slot.accountedUntilMs = nowMs;
}

/** A slice started: its time limits start. Slice numbers that are not expected are ignored. */
export function handleBegin(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'begin' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const slot = state.slots[event.slot]!;
  const batch = runningBatch(slot, event.sliceNumber);
  if (batch === undefined || event.sliceNumber <= batch.lastStarted) return;
  batch.lastStarted = event.sliceNumber;
  slot.sliceStartMs = slot.lastActivityMs = nowMs;
  const { leaseId, jobId } = batch.lease;
  effects.push({ type: 'began', slot: slot.slot, leaseId, jobId, sliceNumber: event.sliceNumber });
}

/** The thread of a sandbox is computing: the slice counts as active, and the scheduler is notified. */
export function handleComputing(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'computing' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const slot = state.slots[event.slot]!;
  const batch = slot.dispatched[0];
  if (batch === undefined || batch.awaitingInput) return;
  slot.lastActivityMs = nowMs;
  const { leaseId, jobId } = batch.lease;
  const sliceNumber = Math.max(batch.next, batch.lastStarted);
  effects.push({ type: 'progressed', slot: slot.slot, leaseId, jobId, sliceNumber });
}

export function handleProgress(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'progress' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const { slot: number, sliceNumber, progress } = event;
  const slot = state.slots[number]!;
  const batch = runningBatch(slot, sliceNumber);
  if (batch === undefined) return;
  slot.lastActivityMs = nowMs;
  const { leaseId, jobId } = batch.lease;
  effects.push({ type: 'progressed', slot: number, leaseId, jobId, sliceNumber, progress });
}
