/**
 * Failures of a sandbox: it ended, violated the protocol, timed out or could not be set up. Its unreported slices run
 * again uncharged, one at a time, until the slice that ends sandboxes is identified; only that one is reported as lost.
 * @module
 */
import { ERROR_TEXT_LENGTH_MAX } from '../../protocol/limits.js';
import type { CoreEvent, Effect, SandboxFailure, SetupFault, AttemptFailure } from './events.js';
import { advanceSlot } from './dispatch.js';
import { addReport, removeLease, releaseFrom, completeLease } from './leases.js';
import type { Batch, CoreState, LeaseState, Slot } from './state.js';

/** Removes the sandbox from the slot and marks its slices as not dispatched. Returns its epoch, if there was one. */
export function clearSandbox(slot: Slot): number | undefined {
  const epoch = slot.sandbox.phase === 'none' ? undefined : slot.sandbox.epoch;
  slot.sandbox = { phase: 'none' };
  slot.dispatched = [];
  for (const lease of slot.leases) lease.dispatchedTo = lease.next;
  return epoch;
}

/** Kills the slot's sandbox; no slice is charged. */
export function killSandbox(slot: Slot, effects: Effect[]): void {
  const epoch = clearSandbox(slot);
  if (epoch !== undefined) effects.push({ type: 'kill-sandbox', slot: slot.slot, epoch });
}

/** The sandbox ended, or must be killed, while it ran its slices. */
export function failSandbox(
  state: CoreState,
  slot: Slot,
  { isShared = false, ...failure }: SandboxFailure,
  nowMs: number,
  effects: Effect[],
): void {
  const running = slot.dispatched[0];
  const outstanding = slot.dispatched.reduce((sum, b) => sum + b.end - b.next, 0);
  const jobId = slot.sandbox.jobId ?? '';
  killSandbox(slot, effects);
  effects.push({ type: 'warning', slot: slot.slot, jobId, ...failure });
  if (running !== undefined) {
    // The only slice that was dispatched is the cause, unless sandboxes with other slices ended with this one.
    const known = slot.singleSlicesLeft > 0 || (outstanding === 1 && !isShared);
    if (known) {
      reportFailure(state, running.lease, failure, effects);
      resolveFailedInput(state, running.lease, nowMs, effects);
    }
    slot.singleSlicesLeft = known ? 0 : state.tuning.singleSliceModeLength;
  }
  if (state.mode === 'draining') releaseUndispatched(state, slot, effects, 'The worker is stopping.');
  advanceSlot(state, slot, nowMs, effects);
}

/** The work function gave its slice back: it is reported as failed, and its sandbox, which ran no further, is ended. */
export function handleRejection(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'rejected' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const slot = state.slots[event.slot]!;
  const batch = slot.dispatched[0];
  if (batch === undefined || event.batch !== batch.batch || event.sliceNumber !== batch.next) {
    const message = `The sandbox gave slice ${event.sliceNumber} back, which was not its next one.`;
    return failSandbox(state, slot, { code: 'SANDBOX_CRASHED', message }, nowMs, effects);
  }
  killSandbox(slot, effects);
  const message = event.reason === '' ? 'The work function gave the slice back.' : event.reason;
  reportFailure(state, batch.lease, { code: 'WORK_REJECTED', message }, effects);
  resolveFailedInput(state, batch.lease, nowMs, effects);
  if (state.mode === 'draining') releaseUndispatched(state, slot, effects, 'The worker is stopping.');
  advanceSlot(state, slot, nowMs, effects);
}

/** Reports that the lease's next slice has no outcome; the lease continues with the slice after it. */
function reportFailure(
  state: CoreState,
  lease: LeaseState,
  { code, message }: AttemptFailure,
  effects: Effect[],
): void {
  const first = lease.next;
  lease.next = lease.dispatchedTo = first + 1;
  const failure = { code, message: message.slice(0, ERROR_TEXT_LENGTH_MAX) };
  addReport(state, lease, { first, count: 0, computeMs: 0, reached: first, failure }, effects);
  completeLease(state, lease, effects);
}

/** Releases the slices that the slot holds and has not dispatched. Used where nothing more will be dispatched. */
export function releaseUndispatched(state: CoreState, slot: Slot, effects: Effect[], reason: string): void {
  for (const lease of [...slot.leases]) releaseFrom(state, lease, lease.dispatchedTo, reason, effects);
}

/** The sandbox for the slot's lease could not be set up. */
export function handleSetupFailure(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'sandbox-failed' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const slot = state.slots[event.slot]!;
  const { sandbox } = slot;
  const lease =
    sandbox.phase === 'opening'
      ? // If the lease that it was opened for is gone, the next lease of the same job would fail as well.
        (state.leases.get(sandbox.leaseId) ?? slot.leases.find(({ jobId }) => jobId === sandbox.jobId))
      : undefined;
  killSandbox(slot, effects);
  if (lease !== undefined) rejectLease(state, slot, lease, event, nowMs, effects);
  advanceSlot(state, slot, nowMs, effects);
}

/** The input of a slice could not be obtained. The slices before it run nevertheless. */
export function handleInputFailure(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'input-failed' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const slot = state.slots[event.slot]!;
  const batch = slot.dispatched.find((b) => b.batch === event.batch);
  if (batch === undefined) return;
  const { fault, message, code = 'ASSIGN_FAILED' } = event;
  // A slice whose input must be fetched is always the last of its batch.
  batch.lease.inputFailed = { sliceNumber: batch.end - 1, fault, message, code };
  if (batch.awaitingInput) withdrawUnsent(slot, batch);
  else killSandbox(slot, effects);
  resolveFailedInput(state, batch.lease, nowMs, effects);
  if (state.mode === 'draining') releaseUndispatched(state, slot, effects, 'The worker is stopping.');
  advanceSlot(state, slot, nowMs, effects);
}

/** The batch that waited for its input, and all batches behind it, were never sent; the sandbox continues with the others. */
function withdrawUnsent(slot: Slot, batch: Batch): void {
  for (const { lease, next } of slot.dispatched.splice(slot.dispatched.indexOf(batch)))
    lease.dispatchedTo = Math.min(lease.dispatchedTo, next);
}

/** Once the slice without input is the next one: it is reported lost, or released with all that follow. */
export function resolveFailedInput(
  state: CoreState,
  lease: LeaseState,
  nowMs: number,
  effects: Effect[],
): void {
  const { inputFailed } = lease;
  if (inputFailed === undefined || lease.next < inputFailed.sliceNumber) return;
  lease.inputFailed = undefined;
  if (lease.next >= lease.end) return;
  const slot = state.slots[lease.slot]!;
  if (inputFailed.fault === 'worker') return rejectLease(state, slot, lease, inputFailed, nowMs, effects);
  const { code, message } = inputFailed;
  effects.push({ type: 'warning', slot: slot.slot, jobId: lease.jobId, code, message });
  reportFailure(state, lease, { code, message }, effects);
}

/** If the job is at fault, its next slice is charged an attempt. The rest is released, since this sandbox cannot run it. */
function rejectLease(
  state: CoreState,
  slot: Slot,
  lease: LeaseState,
  why: { fault: SetupFault; message: string },
  nowMs: number,
  effects: Effect[],
): void {
  const code = why.fault === 'job' ? 'ASSIGN_FAILED' : 'ISOLATION_UNAVAILABLE';
  effects.push({ type: 'warning', slot: slot.slot, jobId: lease.jobId, code, message: why.message });
  if (why.fault === 'job')
    reportFailure(state, lease, { code: 'ASSIGN_FAILED', message: why.message }, effects);
  releaseFrom(state, lease, lease.next, why.message, effects);
  backOff(state, slot, why.fault, nowMs);
}

/** Exponential back-off: a slot whose set-up fails repeatedly requests leases less and less often. */
function backOff(state: CoreState, slot: Slot, fault: SetupFault, nowMs: number): void {
  const { backoffMs, backoffMsMax, assignFailuresAllowed } = state.tuning;
  const paid = ++slot.failures - (fault === 'job' ? assignFailuresAllowed : 0);
  if (paid > 0) slot.backoffUntilMs = nowMs + Math.min(backoffMsMax, backoffMs * 2 ** Math.min(paid - 1, 20));
}

/** The worker does not hold the lease any more: nothing of it is reported, and a sandbox that runs it is killed. */
export function discardLease(state: CoreState, lease: LeaseState, nowMs: number, effects: Effect[]): void {
  stopLease(state, lease, effects);
  removeLease(state, lease, effects);
  advanceSlot(state, state.slots[lease.slot]!, nowMs, effects);
}

/** Kills the sandbox that runs the lease or is being set up for it. */
export function stopLease(state: CoreState, lease: LeaseState, effects: Effect[]): void {
  const slot = state.slots[lease.slot]!;
  const opening = slot.sandbox.phase === 'opening' && slot.sandbox.leaseId === lease.leaseId;
  if (opening || slot.dispatched.some((b) => b.lease === lease)) killSandbox(slot, effects);
}
