/**
 * The life of a lease in the core: granted, shortened, lost, over. Keeps `state.leases` and the slots' queues equal.
 * @module
 */
import type { CoreEvent, Effect } from './events.js';
import type { CoreState, LeaseState, Slot } from './state.js';

/** Takes a lease into the slot that asked for it, or hands it back where nobody asked. Answers with that slot. */
export function takeGrant(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'grant' }>,
  nowMs: number,
  effects: Effect[],
): Slot | undefined {
  const { lease } = event;
  if (state.leases.has(lease.leaseId)) return undefined;
  const slot = state.slots.find((s) => s.want?.want === event.want);
  if (slot === undefined || state.mode !== 'running') {
    const reason = state.mode === 'running' ? 'No sandbox waits for it any more.' : 'The worker is stopping.';
    effects.push({ type: 'return', leaseId: lease.leaseId, from: lease.first, reason });
    effects.push({ type: 'lease-over', leaseId: lease.leaseId });
    return undefined;
  }
  slot.want = undefined;
  slot.recalled = false;
  const held: LeaseState = {
    leaseId: lease.leaseId,
    jobId: lease.jobId,
    packageDigest: lease.packageDigest,
    slot: slot.slot,
    first: lease.first,
    end: lease.first + lease.count,
    next: lease.first,
    fedTo: lease.first,
    leaseMs: lease.leaseMs,
    sliceMs: lease.sliceMs,
    heavy: lease.heavy,
    bad: undefined,
    inFlight: 0,
    heardMs: nowMs,
  };
  state.leases.set(held.leaseId, held);
  slot.leases.push(held);
  if (slot.leases.length > 1 && slot.leases[0]!.jobId !== held.jobId) {
    effects.push({ type: 'prepare', jobId: held.jobId, packageDigest: held.packageDigest });
  }
  return slot;
}

/** Hands back slices `from` and after. `from` must not lie before what was fed. */
export function returnFrom(
  state: CoreState,
  lease: LeaseState,
  from: number,
  reason: string,
  effects: Effect[],
): void {
  if (from >= lease.end) return;
  lease.end = from;
  effects.push({ type: 'return', leaseId: lease.leaseId, from, reason });
  settleLease(state, lease, effects);
}

/** Where all outcomes are in, the slot is done with the lease; once all reports are answered, so are we. */
export function settleLease(state: CoreState, lease: LeaseState, effects: Effect[]): void {
  if (lease.next < lease.end) return;
  const slot = state.slots[lease.slot]!;
  slot.leases = slot.leases.filter((l) => l !== lease);
  if (lease.inFlight === 0) forgetLease(state, lease, effects);
}

/** Removes every trace of the lease; the caller has seen to its sandbox. */
export function forgetLease(state: CoreState, lease: LeaseState, effects: Effect[]): void {
  const slot = state.slots[lease.slot]!;
  slot.leases = slot.leases.filter((l) => l !== lease);
  if (state.leases.delete(lease.leaseId)) effects.push({ type: 'lease-over', leaseId: lease.leaseId });
}
