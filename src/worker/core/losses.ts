/**
 * When a sandbox dies, cheats, hangs or cannot be set up. What it had not reported runs again uncharged, slice by
 * slice, until the one that kills sandboxes is known; only that one is reported as lost.
 * @module
 */
import type { CoreEvent, Effect, LossCode, SetupFault } from './events.js';
import { pump } from './feed.js';
import { forgetLease, returnFrom, settleLease } from './leases.js';
import { addReport } from './reports.js';
import type { Batch, CoreState, LeaseState, Slot } from './state.js';

/** Takes the sandbox away; what it had becomes unfed again. Says whether there was a live one to kill. */
export function clearSandbox(slot: Slot): number | undefined {
  const gen = slot.sandbox.phase === 'none' ? undefined : slot.sandbox.gen;
  slot.sandbox = { phase: 'none' };
  slot.fed = [];
  for (const lease of slot.leases) lease.fedTo = lease.next;
  return gen;
}

/** Kills the slot's sandbox, uncharged. */
export function killSandbox(slot: Slot, effects: Effect[]): void {
  const gen = clearSandbox(slot);
  if (gen !== undefined) effects.push({ type: 'kill-sandbox', slot: slot.slot, gen });
}

/** The sandbox is gone, or must go, while it ran what it was fed. */
export function loseSandbox(
  state: CoreState,
  slot: Slot,
  loss: { code: LossCode; message: string },
  nowMs: number,
  effects: Effect[],
): void {
  const running = slot.fed[0];
  const outstanding = slot.fed.reduce((sum, b) => sum + b.end - b.next, 0);
  const jobId = slot.sandbox.phase === 'none' ? '' : slot.sandbox.jobId;
  killSandbox(slot, effects);
  effects.push({ type: 'trouble', slot: slot.slot, jobId, ...loss });
  if (running !== undefined) {
    // A time that ran out is the fault of the one slice there was; a death may be a neighbour's.
    const known = slot.careful > 0 || (outstanding === 1 && loss.code !== 'SANDBOX_CRASHED');
    if (known) {
      blame(state, running.lease, loss, effects);
      settleBad(state, running.lease, nowMs, effects);
    }
    slot.careful = known ? 0 : state.tuning.carefulSlices;
  }
  if (state.mode === 'draining') handBack(state, slot, effects, 'The worker is stopping.');
  pump(state, slot, nowMs, effects);
}

/** Reports the lease's next slice as lost; the lease goes on behind it. */
function blame(
  state: CoreState,
  lease: LeaseState,
  lost: { code: LossCode; message: string },
  effects: Effect[],
): void {
  const first = lease.next;
  lease.next = lease.fedTo = first + 1;
  addReport(state, lease, { first, count: 0, computeMs: 0, lost }, effects);
  settleLease(state, lease, effects);
}

/** Gives back what the slot holds and has not begun; used where it will begin nothing any more. */
export function handBack(state: CoreState, slot: Slot, effects: Effect[], reason: string): void {
  for (const lease of [...slot.leases]) returnFrom(state, lease, lease.fedTo, reason, effects);
}

/** A sandbox could not be set up for the slot's lease. */
export function failSetup(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'sandbox-failed' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const slot = state.slots[event.slot]!;
  const { sandbox } = slot;
  const lease =
    sandbox.phase === 'opening'
      ? // Where the lease that it was opened for is gone, the next one of the same job would fail as well.
        (state.leases.get(sandbox.leaseId) ?? slot.leases.find(({ jobId }) => jobId === sandbox.jobId))
      : undefined;
  killSandbox(slot, effects);
  if (lease !== undefined) refuseLease(state, slot, lease, event, nowMs, effects);
  pump(state, slot, nowMs, effects);
}

/** A slice's input could not be had. What stands before it runs all the same. */
export function failInput(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'input-failed' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const slot = state.slots[event.slot]!;
  const batch = slot.fed.find((b) => b.batch === event.batch);
  if (batch === undefined) return;
  const { fault, message, code = 'ASSIGN_FAILED' } = event;
  // A slice whose input has to be fetched is always the last of its batch.
  batch.lease.bad = { sliceNumber: batch.end - 1, fault, message, code };
  if (batch.waiting) takeUnsent(slot, batch);
  else killSandbox(slot, effects);
  settleBad(state, batch.lease, nowMs, effects);
  if (state.mode === 'draining') handBack(state, slot, effects, 'The worker is stopping.');
  pump(state, slot, nowMs, effects);
}

/** What waited for its input, and all behind it, never reached the sandbox, which goes on with the rest. */
function takeUnsent(slot: Slot, batch: Batch): void {
  for (const { lease, next } of slot.fed.splice(slot.fed.indexOf(batch)))
    lease.fedTo = Math.min(lease.fedTo, next);
}

/** Once only the slice without input is next: it is lost, or it and what follows goes back. */
export function settleBad(state: CoreState, lease: LeaseState, nowMs: number, effects: Effect[]): void {
  const { bad } = lease;
  if (bad === undefined || lease.next < bad.sliceNumber) return;
  lease.bad = undefined;
  if (lease.next >= lease.end) return;
  const slot = state.slots[lease.slot]!;
  if (bad.fault === 'worker') return refuseLease(state, slot, lease, bad, nowMs, effects);
  effects.push({
    type: 'trouble',
    slot: slot.slot,
    jobId: lease.jobId,
    code: bad.code,
    message: bad.message,
  });
  blame(state, lease, { code: bad.code, message: bad.message }, effects);
}

/** The job's fault costs its next slice an attempt; the rest goes back, for this sandbox cannot run it. */
function refuseLease(
  state: CoreState,
  slot: Slot,
  lease: LeaseState,
  why: { fault: SetupFault; message: string },
  nowMs: number,
  effects: Effect[],
): void {
  const code = why.fault === 'job' ? 'ASSIGN_FAILED' : 'ISOLATION_UNAVAILABLE';
  effects.push({ type: 'trouble', slot: slot.slot, jobId: lease.jobId, code, message: why.message });
  if (why.fault === 'job') blame(state, lease, { code: 'ASSIGN_FAILED', message: why.message }, effects);
  returnFrom(state, lease, lease.next, why.message, effects);
  rest(state, slot, why.fault, nowMs);
}

/** A slot that fails again and again asks less and less often. */
function rest(state: CoreState, slot: Slot, fault: SetupFault, nowMs: number): void {
  const { restMs, restMsMax, assignFailuresFree } = state.tuning;
  const paid = ++slot.failures - (fault === 'job' ? assignFailuresFree : 0);
  if (paid > 0) slot.restUntilMs = nowMs + Math.min(restMsMax, restMs * 2 ** Math.min(paid - 1, 20));
}

/** The lease is not ours any more: nothing of it is reported, and a sandbox that runs it is killed. */
export function dropLease(state: CoreState, lease: LeaseState, nowMs: number, effects: Effect[]): void {
  stopLease(state, lease, effects);
  forgetLease(state, lease, effects);
  pump(state, state.slots[lease.slot]!, nowMs, effects);
}

/** Kills the sandbox that runs the lease, or is set up for it. */
export function stopLease(state: CoreState, lease: LeaseState, effects: Effect[]): void {
  const slot = state.slots[lease.slot]!;
  const opening = slot.sandbox.phase === 'opening' && slot.sandbox.leaseId === lease.leaseId;
  if (opening || slot.fed.some((b) => b.lease === lease)) killSandbox(slot, effects);
}
