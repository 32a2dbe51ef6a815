/**
 * Console output, events and checkpoints of a slice: assigned to the lease of its slice, or dropped.
 * @module
 */
import type { CoreEvent, Effect } from './events.js';
import { runningBatch, type CoreState, type LeaseState, type Slot } from './state.js';

/** Publishes the message if the slot holds a lease of its slice. */
export function handleConsole(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'console' }>,
  effects: Effect[],
): void {
  const { slot, sliceNumber, level, message, same } = event;
  const lease = leaseOf(state, state.slots[slot]!, sliceNumber);
  if (lease === undefined) return;
  const { leaseId, jobId } = lease;
  effects.push({ type: 'printed', slot, leaseId, jobId, sliceNumber, level, message, same });
}

/** Publishes the event if the slot holds a lease of its slice. */
export function handleEvent(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'event' }>,
  effects: Effect[],
): void {
  const { slot, sliceNumber, name, value } = event;
  const lease = leaseOf(state, state.slots[slot]!, sliceNumber);
  if (lease === undefined) return;
  effects.push({ type: 'emitted', leaseId: lease.leaseId, jobId: lease.jobId, sliceNumber, name, value });
}

/** Stores the state of the running slice. That of any other slice is dropped: its sandbox does not wait for an answer. */
export function handleCheckpoint(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'checkpoint' }>,
  nowMs: number,
  effects: Effect[],
): void {
  const { slot: number, epoch: sandboxEpoch, sliceNumber, state: stored } = event;
  const slot = state.slots[number]!;
  const batch = runningBatch(slot, sliceNumber);
  if (batch === undefined) return;
  slot.lastActivityMs = nowMs;
  const { leaseId } = batch.lease;
  effects.push({ type: 'checkpoint', slot: number, sandboxEpoch, leaseId, sliceNumber, state: stored });
}

/** The lease of a slice, including slices that are reported but not acknowledged: console output may follow the outcome. */
function leaseOf(state: CoreState, { slot, sandbox }: Slot, sliceNumber: number): LeaseState | undefined {
  if (sandbox.phase !== 'ready') return undefined;
  for (const lease of state.leases.values()) {
    if (lease.slot !== slot || lease.jobId !== sandbox.jobId) continue;
    if (sliceNumber >= lease.first && sliceNumber < lease.end) return lease;
  }
  return undefined;
}
