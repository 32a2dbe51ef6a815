/**
 * The worker's state machine: applies one event and returns effects. It is the only way to change the state. It never
 * waits, and it is deterministic: equal events at equal times return equal effects. The other parts of a worker have a
 * `WorkerCore`, whose state is private.
 * @module
 */
import { declineGrant, cancelRequest, refuseJob, applyLimits, drainClosedSlots } from './owner-limits.js';
import type { CoreEvent, Effect, SandboxEvent } from './events.js';
import { advanceSlot, sendLeaseRequest } from './dispatch.js';
import { releaseFrom, acceptGrant } from './leases.js';
import {
  clearSandbox,
  discardLease,
  handleInputFailure,
  handleRejection,
  handleSetupFailure,
  releaseUndispatched,
  killSandbox,
  failSandbox,
} from './failures.js';
import { handleReportReply, acceptOutcomes } from './accept-outcomes.js';
import { handleCheckpoint, handleConsole, handleEvent } from './console.js';
import { handleRecall } from './recall.js';
import { isBusy, needsTick, newCoreState } from './state.js';
import type { CoreState, Slot } from './state.js';
import type { Tuning } from './tuning.js';
import { handleBegin, handleComputing, handleInputReady, handleProgress, handleTick } from './timeouts.js';

export class WorkerCore {
  readonly #state: CoreState;

  /** `slots`: number of sandboxes that may run at the same time, until a `limits` event changes it. */
  constructor(slots: number, tuning?: Partial<Tuning>) {
    this.#state = newCoreState(slots, tuning);
  }

  /** Applies an event that happened at `nowMs` (monotonic clock). Returns the effects to execute, in order. */
  step(event: CoreEvent, nowMs: number): Effect[] {
    return step(this.#state, event, nowMs);
  }

  /** Whether `tick` events are needed now, one in `TICK_MS`. */
  get needsTick(): boolean {
    return needsTick(this.#state);
  }

  /** Whether every core that the owner allows is running slices. */
  get isBusy(): boolean {
    return isBusy(this.#state);
  }
}

/** Applies `event`, which happened at `nowMs` (monotonic clock), to `state`. Returns the effects to execute, in order. */
export function step(state: CoreState, event: CoreEvent, nowMs: number): Effect[] {
  const effects: Effect[] = [];
  if (isOfSandbox(event)) stepSandbox(state, event, nowMs, effects);
  else stepWorker(state, event, nowMs, effects);
  drainClosedSlots(state, nowMs, effects);
  if (!needsTick(state)) state.lastTickMs = undefined;
  if (state.mode !== 'running' && !state.drained && state.leases.size === 0 && state.reports.size === 0) {
    state.drained = true;
    effects.push({ type: 'drained' });
  }
  return effects;
}

const STOPPING = 'The worker is stopping.';

function isOfSandbox(event: CoreEvent): event is SandboxEvent {
  return 'epoch' in event;
}

function stepSandbox(state: CoreState, event: SandboxEvent, nowMs: number, effects: Effect[]): void {
  const slot = state.slots[event.slot]!;
  // Ignore messages of a sandbox that was killed: its slices run elsewhere.
  if (slot.sandbox.phase === 'none' || slot.sandbox.epoch !== event.epoch) return;
  switch (event.type) {
    case 'sandbox-ready': {
      const { epoch, jobId } = slot.sandbox;
      const singleUse = event.singleUse === true ? { singleUse: true as const } : {};
      slot.sandbox = { phase: 'ready', epoch, jobId, limits: event.limits, ...singleUse };
      slot.setupMs = nowMs - slot.openedMs;
      effects.push({ type: 'opened', slot: event.slot, epoch });
      return advanceSlot(state, slot, nowMs, effects);
    }
    case 'sandbox-failed':
      return handleSetupFailure(state, event, nowMs, effects);
    case 'sandbox-exit':
      return failSandbox(
        state,
        slot,
        { code: 'SANDBOX_CRASHED', message: event.message, isShared: event.isShared },
        nowMs,
        effects,
      );
    case 'sandbox-stale':
      if (slot.leases.length > 0 || slot.dispatched.length > 0) return;
      killSandbox(slot, effects);
      return advanceSlot(state, slot, nowMs, effects);
    case 'input-failed':
      return handleInputFailure(state, event, nowMs, effects);
    case 'input-ready':
      return handleInputReady(slot, event.batch, nowMs);
    case 'begin':
      return handleBegin(state, event, nowMs, effects);
    case 'progress':
      return handleProgress(state, event, nowMs, effects);
    case 'event':
      return handleEvent(state, event, effects);
    case 'checkpoint':
      return handleCheckpoint(state, event, nowMs, effects);
    case 'rejected':
      return handleRejection(state, event, nowMs, effects);
    case 'console':
      return handleConsole(state, event, effects);
    case 'computing':
      return handleComputing(state, event, nowMs, effects);
    case 'outcomes':
      return acceptOutcomes(state, event, nowMs, effects);
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
      return resumeOnline(state, nowMs, effects);
    case 'offline':
      state.online = false;
      return;
    case 'grant':
      return advanceIfPresent(state, acceptGrant(state, event, nowMs, effects), nowMs, effects);
    case 'limits':
      return applyLimits(state, event, nowMs, effects);
    case 'decline':
      return declineGrant(state, event, nowMs, effects);
    case 'refuse':
      return refuseJob(state, event, nowMs, effects);
    case 'warm-state-changed':
      for (const slot of state.slots) sendLeaseRequest(state, slot, effects);
      return;
    case 'recall':
      return advanceIfPresent(state, handleRecall(state, event, effects), nowMs, effects);
    case 'lease-revoked': {
      const lease = state.leases.get(event.leaseId);
      if (lease !== undefined) discardLease(state, lease, nowMs, effects);
      return;
    }
    case 'reported':
    case 'report-failed':
      return handleReportReply(state, event, nowMs, effects);
    case 'tick':
      return handleTick(state, nowMs, effects);
    case 'drain':
      return drain(state, effects);
    case 'halt':
      return halt(state, event.reason, effects);
  }
}

function advanceIfPresent(state: CoreState, slot: Slot | undefined, nowMs: number, effects: Effect[]): void {
  if (slot !== undefined) advanceSlot(state, slot, nowMs, effects);
}

/**
 * The scheduler discarded our requests with the connection and may have granted our leases to others. All held leases
 * are renewed, even if there are none: a grant may have been lost with the connection.
 */
function resumeOnline(state: CoreState, nowMs: number, effects: Effect[]): void {
  state.online = true;
  if (state.wasOnline) effects.push({ type: 'renew', leaseIds: [...state.leases.keys()] });
  state.wasOnline = true;
  for (const slot of state.slots) {
    if (slot.request !== undefined) sendLeaseRequest(state, slot, effects);
    advanceSlot(state, slot, nowMs, effects);
  }
}

function drain(state: CoreState, effects: Effect[]): void {
  if (state.mode !== 'running') return;
  state.mode = 'draining';
  for (const slot of state.slots) {
    cancelRequest(state, slot, effects);
    if (slot.sandbox.phase === 'opening') killSandbox(slot, effects);
    releaseUndispatched(state, slot, effects, STOPPING);
  }
}

function halt(state: CoreState, reason: string, effects: Effect[]): void {
  if (state.mode === 'halted') return;
  state.mode = 'halted';
  for (const slot of state.slots) {
    cancelRequest(state, slot, effects);
    const epoch = clearSandbox(slot);
    if (epoch !== undefined) effects.push({ type: 'kill-sandbox', slot: slot.slot, epoch });
    for (const lease of [...slot.leases]) releaseFrom(state, lease, lease.next, reason, effects);
  }
}
