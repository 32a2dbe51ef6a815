/**
 * The worker's state machine: one event in, effects out. It is the only door to the state; it never waits, and
 * the same events at the same times give the same effects.
 * @module
 */
import { declineGrant, dropWant, refuseJob, setAllowed, tendClosed } from './allow.js';
import type { CoreEvent, Effect } from './events.js';
import { pump, sayWant } from './feed.js';
import { returnFrom, takeGrant } from './leases.js';
import {
  clearSandbox,
  dropLease,
  failInput,
  failSetup,
  handBack,
  killSandbox,
  loseSandbox,
} from './losses.js';
import { takeAnswer, takeOutcomes } from './outcomes.js';
import { takeRecall } from './recall.js';
import { needsTick } from './state.js';
import type { CoreState, Slot } from './state.js';
import { takeBegin, takeComputes, takeInput, takeProgress, takeTick } from './watch.js';

/** Changes `state` by `event`, which happened at `nowMs` (monotonic), and says what is to be done, in order. */
export function step(state: CoreState, event: CoreEvent, nowMs: number): Effect[] {
  const effects: Effect[] = [];
  if (isOfSandbox(event)) stepSandbox(state, event, nowMs, effects);
  else stepWorker(state, event, nowMs, effects);
  tendClosed(state, nowMs, effects);
  if (!needsTick(state)) state.lastTickMs = undefined;
  if (state.mode !== 'running' && !state.drained && state.leases.size === 0 && state.reports.size === 0) {
    state.drained = true;
    effects.push({ type: 'drained' });
  }
  return effects;
}

const STOPPING = 'The worker is stopping.';

type SandboxEvent = Extract<CoreEvent, { gen: number }>;

function isOfSandbox(event: CoreEvent): event is SandboxEvent {
  return 'gen' in event;
}

function stepSandbox(state: CoreState, event: SandboxEvent, nowMs: number, effects: Effect[]): void {
  const slot = state.slots[event.slot]!;
  // What a sandbox said before it was killed counts for nothing: its slices run elsewhere.
  if (slot.sandbox.phase === 'none' || slot.sandbox.gen !== event.gen) return;
  switch (event.type) {
    case 'sandbox-ready': {
      const { gen, jobId } = slot.sandbox;
      const fresh = event.fresh === true ? { fresh: true as const } : {};
      slot.sandbox = { phase: 'ready', gen, jobId, limits: event.limits, ...fresh };
      slot.setupMs = nowMs - slot.openedMs;
      return pump(state, slot, nowMs, effects);
    }
    case 'sandbox-failed':
      return failSetup(state, event, nowMs, effects);
    case 'sandbox-exit':
      return loseSandbox(state, slot, { code: 'SANDBOX_CRASHED', message: event.message }, nowMs, effects);
    case 'sandbox-stale':
      if (slot.leases.length > 0 || slot.fed.length > 0) return;
      killSandbox(slot, effects);
      return pump(state, slot, nowMs, effects);
    case 'input-failed':
      return failInput(state, event, nowMs, effects);
    case 'input-came':
      return takeInput(slot, event.batch, nowMs);
    case 'begin':
      return takeBegin(state, event, nowMs, effects);
    case 'progress':
      return takeProgress(state, event, nowMs, effects);
    case 'computes':
      return takeComputes(state, event, nowMs, effects);
    case 'outcomes':
      return takeOutcomes(state, event, nowMs, effects);
  }
}

function stepWorker(
  state: CoreState,
  event: Exclude<CoreEvent, SandboxEvent>,
  nowMs: number,
  effects: Effect[],
): void {
  switch (event.type) {
    case 'online':
      return goOnline(state, nowMs, effects);
    case 'offline':
      state.online = false;
      return;
    case 'grant':
      return pumpSlot(state, takeGrant(state, event, nowMs, effects), nowMs, effects);
    case 'allow':
      return setAllowed(state, event, nowMs, effects);
    case 'decline':
      return declineGrant(state, event, nowMs, effects);
    case 'refuse':
      return refuseJob(state, event, nowMs, effects);
    case 'warmth':
      for (const slot of state.slots) sayWant(state, slot, effects);
      return;
    case 'recall':
      return pumpSlot(state, takeRecall(state, event, effects), nowMs, effects);
    case 'lost': {
      const lease = state.leases.get(event.leaseId);
      if (lease !== undefined) dropLease(state, lease, nowMs, effects);
      return;
    }
    case 'reported':
    case 'report-failed':
      return takeAnswer(state, event, nowMs, effects);
    case 'tick':
      return takeTick(state, nowMs, effects);
    case 'drain':
      return drain(state, effects);
    case 'halt':
      return halt(state, event.reason, effects);
  }
}

function pumpSlot(state: CoreState, slot: Slot | undefined, nowMs: number, effects: Effect[]): void {
  if (slot !== undefined) pump(state, slot, nowMs, effects);
}

/**
 * The scheduler forgot our wants with the connection, and may have given our leases away. It hears of all that we
 * hold, be it none: a grant may have been lost on the way.
 */
function goOnline(state: CoreState, nowMs: number, effects: Effect[]): void {
  state.online = true;
  if (state.wasOnline) effects.push({ type: 'renew', leaseIds: [...state.leases.keys()] });
  state.wasOnline = true;
  for (const slot of state.slots) {
    if (slot.want !== undefined) sayWant(state, slot, effects);
    pump(state, slot, nowMs, effects);
  }
}

function drain(state: CoreState, effects: Effect[]): void {
  if (state.mode !== 'running') return;
  state.mode = 'draining';
  for (const slot of state.slots) {
    dropWant(state, slot, effects);
    if (slot.sandbox.phase === 'opening') killSandbox(slot, effects);
    handBack(state, slot, effects, STOPPING);
  }
}

function halt(state: CoreState, reason: string, effects: Effect[]): void {
  if (state.mode === 'halted') return;
  state.mode = 'halted';
  for (const slot of state.slots) {
    dropWant(state, slot, effects);
    const gen = clearSandbox(slot);
    if (gen !== undefined) effects.push({ type: 'kill-sandbox', slot: slot.slot, gen });
    for (const lease of [...slot.leases]) returnFrom(state, lease, lease.next, reason, effects);
  }
}
