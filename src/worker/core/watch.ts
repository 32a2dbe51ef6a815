/**
 * What time does: slices that take too long or give no sign, leases that want renewing, slots that have rested.
 * @module
 */
import type { CoreEvent, Effect, LossCode } from './events.js';
import { pump } from './feed.js';
import { loseSandbox } from './losses.js';
import { runningBatch } from './state.js';
import type { CoreState, Slot } from './state.js';

/** How often `tick` is wanted while `needsTick`, milliseconds. */
export const TICK_MS = 100;
/** A tick that comes later than this after the last says that the machine slept or the page was throttled. */
const LATE_MS = 1_500;
/** A sandbox tells that a slice begins only when its last sign is so old, milliseconds. */
const BEGIN_SLACK_MS = 200;
/** A lease is renewed this many times in its life. */
const RENEWALS = 3;
/** A silent slice is looked at so many times before it has been silent for too long. */
const PROBES = 4;
/** A thread that is not at work answers within this, milliseconds. */
const ANSWER_MS_MAX = 2_000;

export function takeTick(state: CoreState, nowMs: number, effects: Effect[]): void {
  const last = state.lastTickMs;
  state.lastTickMs = nowMs;
  if (last !== undefined && nowMs - last > LATE_MS) forgive(state, nowMs - last - TICK_MS);
  for (const slot of state.slots) {
    const loss = overdue(slot, nowMs);
    if (loss !== undefined) {
      loseSandbox(state, slot, loss, nowMs, effects);
      continue;
    }
    probe(slot, nowMs, effects);
    pump(state, slot, nowMs, effects);
  }
  renew(state, nowMs, effects);
}

/** Time in which nobody could have heard a sandbox is not held against it. */
function forgive(state: CoreState, ms: number): void {
  for (const slot of state.slots) {
    slot.sliceStartMs += ms;
    slot.signMs += ms;
    slot.probedMs += ms;
  }
}

/** A slice that computes and says nothing is none that hangs: its sandbox is asked before its time is up. */
function probe(slot: Slot, nowMs: number, effects: Effect[]): void {
  const { sandbox } = slot;
  if (sandbox.phase !== 'ready' || slot.fed[0]?.waiting !== false) return;
  if (nowMs - Math.max(slot.signMs, slot.probedMs) < sandbox.limits.noProgressMs / PROBES) return;
  slot.probedMs = nowMs;
  const withinMs = Math.min(ANSWER_MS_MAX, sandbox.limits.noProgressMs / (2 * PROBES));
  effects.push({ type: 'probe-sandbox', slot: slot.slot, gen: sandbox.gen, withinMs });
}

function overdue(slot: Slot, nowMs: number): { code: LossCode; message: string } | undefined {
  // What waits for its input waits on the one who fetches it, who has limits of his own.
  if (slot.sandbox.phase !== 'ready' || slot.fed[0]?.waiting !== false) return undefined;
  const { sliceTimeoutMs, noProgressMs } = slot.sandbox.limits;
  if (nowMs - slot.sliceStartMs > sliceTimeoutMs + BEGIN_SLACK_MS) {
    return {
      code: 'SLICE_TIMEOUT',
      message: `The slice took more than ${sliceTimeoutMs} ms, which is its job's limit.`,
    };
  }
  if (nowMs - slot.signMs > noProgressMs + BEGIN_SLACK_MS) {
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
  for (const lease of state.leases.values()) due ||= nowMs - lease.heardMs >= lease.leaseMs / RENEWALS;
  if (!due) return;
  for (const lease of state.leases.values()) lease.heardMs = nowMs;
  effects.push({ type: 'renew', leaseIds: [...state.leases.keys()] });
}

/** A batch has its input: where it is the one at work, its time begins now. */
export function takeInput(slot: Slot, number: number, nowMs: number): void {
  const batch = slot.fed.find((b) => b.batch === number);
  if (batch === undefined) return;
  batch.waiting = false;
  if (batch === slot.fed[0]) slot.sliceStartMs = slot.signMs = slot.markMs = nowMs;
}

/** A slice says that it begins: the clock of its limits starts. Numbers that are not its turn count for nothing. */
export function takeBegin(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'begin' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const slot = state.slots[event.slot]!;
  const batch = runningBatch(slot, event.sliceNumber);
  if (batch === undefined || event.sliceNumber <= batch.begun) return;
  batch.begun = event.sliceNumber;
  slot.sliceStartMs = slot.signMs = nowMs;
  const { leaseId, jobId } = batch.lease;
  effects.push({ type: 'began', slot: slot.slot, leaseId, jobId, sliceNumber: event.sliceNumber });
}

/** The thread of a sandbox is at work: its slice goes on, and so the scheduler hears. */
export function takeComputes(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'computes' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const slot = state.slots[event.slot]!;
  const batch = slot.fed[0];
  if (batch === undefined || batch.waiting) return;
  slot.signMs = nowMs;
  const { leaseId, jobId } = batch.lease;
  const sliceNumber = Math.max(batch.next, batch.begun);
  effects.push({ type: 'progressed', slot: slot.slot, leaseId, jobId, sliceNumber });
}

export function takeProgress(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'progress' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const { slot: number, sliceNumber, progress } = event;
  const slot = state.slots[number]!;
  const batch = runningBatch(slot, sliceNumber);
  if (batch === undefined) return;
  slot.signMs = nowMs;
  const { leaseId, jobId } = batch.lease;
  effects.push({ type: 'progressed', slot: number, leaseId, jobId, sliceNumber, progress });
}
