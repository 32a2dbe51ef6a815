/**
 * Life cycle of a lease in the core: granted, reported, shortened, completed, removed. Keeps `state.leases` and
 * `state.reports` consistent with the slots.
 * @module
 */
import { REASON_LENGTH_MAX } from '../../protocol/limits.js';
import type { AttemptFailure, CoreEvent, Effect } from './events.js';
import type { CoreState, LeaseState, ReportState, Slot } from './state.js';

/** Adds a granted lease to the slot that requested it, and returns that slot. Without a matching request the lease is released. */
export function acceptGrant(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'grant' }>,
  nowMs: number,
  effects: Effect[],
): Slot | undefined {
  const { lease } = event;
  const { leaseId, jobId, first, count } = lease;
  if (state.leases.has(leaseId)) return undefined;
  const slot = state.slots.find((s) => s.request?.request === event.request);
  if (slot === undefined || state.mode !== 'running') {
    const reason = state.mode === 'running' ? 'No sandbox waits for it.' : 'The worker is stopping.';
    pushRelease({ leaseId, jobId, end: first + count }, first, reason, effects);
    effects.push({ type: 'lease-over', leaseId });
    return undefined;
  }
  slot.request = undefined;
  slot.recallPending = false;
  const held: LeaseState = {
    leaseId,
    jobId,
    packageDigest: lease.packageDigest,
    slot: slot.slot,
    first,
    end: first + count,
    next: first,
    dispatchedTo: first,
    leaseMs: lease.leaseMs,
    estimatedSliceMs: lease.estimatedSliceMs,
    needsFetch: lease.needsFetch,
    inputFailed: undefined,
    inFlight: 0,
    lastContactMs: nowMs,
  };
  state.leases.set(held.leaseId, held);
  slot.leases.push(held);
  if (slot.leases.length > 1 && slot.leases[0]!.jobId !== held.jobId) {
    effects.push({ type: 'prepare', jobId: held.jobId, packageDigest: held.packageDigest });
  }
  return slot;
}

/** Sends a report and accounts for it until it is acknowledged. */
export function addReport(
  state: CoreState,
  lease: LeaseState,
  what: {
    first: number;
    count: number;
    computeMs: number;
    reached: number;
    segment?: Uint8Array;
    failure?: AttemptFailure;
  },
  effects: Effect[],
): void {
  const report = ++state.lastReport;
  const bytes = what.segment?.byteLength ?? 0;
  state.reports.set(report, { report, lease, first: what.first, bytes });
  lease.inFlight++;
  const slot = state.slots[lease.slot]!;
  slot.unackedBytes += bytes;
  slot.unackedReports++;
  const { leaseId, jobId } = lease;
  effects.push({ type: 'report', report, leaseId, jobId, slot: slot.slot, ...what });
}

/** Ends the accounting of a report: it was acknowledged, or failed. */
export function closeReport(state: CoreState, entry: ReportState): void {
  state.reports.delete(entry.report);
  entry.lease.inFlight--;
  const slot = state.slots[entry.lease.slot]!;
  slot.unackedBytes -= entry.bytes;
  slot.unackedReports--;
}

/** Releases the slices from `from` on. `from` must not be below the first slice that was not dispatched. */
export function releaseFrom(
  state: CoreState,
  lease: LeaseState,
  from: number,
  reason: string,
  effects: Effect[],
): void {
  if (from >= lease.end) return;
  pushRelease(lease, from, reason, effects);
  lease.end = from;
  completeLease(state, lease, effects);
}

/** Notifies the scheduler that the slices from `from` to the lease's end are released. */
export function pushRelease(
  { leaseId, jobId, end }: Pick<LeaseState, 'leaseId' | 'jobId' | 'end'>,
  from: number,
  why: string,
  effects: Effect[],
): void {
  const reason = why.slice(0, REASON_LENGTH_MAX);
  effects.push({ type: 'release', leaseId, jobId, from, count: end - from, reason });
}

/** Takes the lease off its slot once all outcomes are in, and removes it once all reports are acknowledged. */
export function completeLease(state: CoreState, lease: LeaseState, effects: Effect[]): void {
  if (lease.next < lease.end) return;
  const slot = state.slots[lease.slot]!;
  slot.leases = slot.leases.filter((l) => l !== lease);
  if (lease.inFlight === 0) removeLease(state, lease, effects);
}

/** Removes the lease from the state; the caller has dealt with its sandbox. */
export function removeLease(state: CoreState, lease: LeaseState, effects: Effect[]): void {
  const slot = state.slots[lease.slot]!;
  slot.leases = slot.leases.filter((l) => l !== lease);
  if (state.leases.delete(lease.leaseId)) effects.push({ type: 'lease-over', leaseId: lease.leaseId });
}
