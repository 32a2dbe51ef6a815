/**
 * A model of everything around the core of a worker, for tests with random events: it tracks sandboxes, leases and reports
 * by the effects of the core, and fails the test at the first effect that violates an invariant.
 * @module
 */
import { expect } from 'vitest';
import type { CoreEvent, Effect } from '../../worker/core/events.js';
import { needsTick, newCoreState } from '../../worker/core/state.js';
import type { CoreState } from '../../worker/core/state.js';
import { step } from '../../worker/core/step.js';

export const SLOTS = 2;
const TUNING = {
  unackedBytesMax: 1_000,
  unackedReportsMax: 5,
  singleSliceModeLength: 3,
  assignFailuresAllowed: 1,
  overcommittedMs: 20,
};
/** Offset in each lease of the slice whose input has to be fetched. */
const NEEDS_FETCH = 2;
/** Maximum size of one report, bytes. */
export const BYTES_MAX = 400;

/** State of a lease, as far as the effects of the core show it. */
export interface ObservedLease {
  end: number;
  /** The next slice that may be reported. */
  next: number;
  /** The next slice that may be dispatched to the live sandbox. */
  dispatchedTo: number;
  isOver: boolean;
  isLost: boolean;
}

export interface ObservedBatch {
  slot: number;
  epoch: number;
  batch: number;
  leaseId: string;
  next: number;
  end: number;
}

export class CoreModel {
  readonly state: CoreState = newCoreState(SLOTS, TUNING);
  nowMs = 0;
  leases = new Map<string, ObservedLease>();
  requests = new Set<number>();
  sandboxes = new Map<number, { epoch: number; phase: 'opening' | 'ready' }>();
  batches: ObservedBatch[] = [];
  /** Batches whose input has arrived. */
  arrivedInputs = new Set<number>();
  reports = new Map<number, { leaseId: string; slot: number; bytes: number }>();
  reported = new Map<string, number>();
  drained = 0;
  stopping = false;
  #leases = 0;

  do(event: CoreEvent): void {
    // The scheduler drops the requests of a connection when it closes.
    if (event.type === 'online' || event.type === 'offline') this.requests.clear();
    for (const effect of step(this.state, event, this.nowMs)) this.observe(effect);
    this.assertInvariants();
  }

  grant(request: number, count: number, jobId: string, sliceMs: number | undefined): void {
    const leaseId = `L${++this.#leases}`;
    const first = this.#leases * 1_000;
    this.leases.set(leaseId, {
      end: first + count,
      next: first,
      dispatchedTo: first,
      isOver: false,
      isLost: false,
    });
    this.requests.delete(request);
    const lease = {
      leaseId,
      jobId,
      packageDigest: 'd',
      first,
      count,
      leaseMs: 60_000,
      estimatedSliceMs: sliceMs,
      needsFetch: [first + NEEDS_FETCH],
    };
    this.do({ type: 'grant', request, lease });
  }

  observe(effect: Effect): void {
    switch (effect.type) {
      case 'request-lease':
        expect(this.stopping).toBe(false);
        this.requests.add(effect.request);
        return;
      case 'cancel-request':
        this.requests.delete(effect.request);
        return;
      case 'open-sandbox':
        expect(this.sandboxes.has(effect.slot)).toBe(false);
        this.sandboxes.set(effect.slot, { epoch: effect.epoch, phase: 'opening' });
        return;
      case 'kill-sandbox':
        expect(this.sandboxes.get(effect.slot)?.epoch).toBe(effect.epoch);
        this.sandboxes.delete(effect.slot);
        for (const batch of this.batches.filter((b) => b.slot === effect.slot)) {
          const lease = this.leases.get(batch.leaseId)!;
          lease.dispatchedTo = Math.min(lease.dispatchedTo, batch.next);
        }
        this.batches = this.batches.filter((b) => b.slot !== effect.slot);
        return;
      case 'dispatch':
        return this.seeDispatch(effect);
      case 'report':
        return this.observeReport(effect);
      case 'release': {
        const lease = this.leases.get(effect.leaseId)!;
        expect(lease.isOver || lease.isLost).toBe(false);
        // A released slice is neither in a sandbox nor reported.
        expect(this.batches.some((b) => b.leaseId === effect.leaseId && b.end > effect.from)).toBe(false);
        expect(effect.from).toBeLessThan(lease.end);
        lease.end = effect.from;
        return;
      }
      case 'renew':
        for (const leaseId of effect.leaseIds) expect(this.leases.get(leaseId)!.isOver).toBe(false);
        return;
      case 'lease-over':
        expect(this.leases.get(effect.leaseId)!.isOver).toBe(false);
        this.leases.get(effect.leaseId)!.isOver = true;
        return;
      case 'drained':
        this.drained++;
        return;
      default:
        return;
    }
  }

  /** Whether the input of the batch has not arrived yet. */
  isInputPending({ batch, end }: ObservedBatch): boolean {
    return (end - 1) % 1_000 === NEEDS_FETCH && !this.arrivedInputs.has(batch);
  }

  /** The input of the batch failed: it and the batches behind it never reached the sandbox. */
  undispatch(batch: ObservedBatch): void {
    const ofSlot = this.batches.filter((b) => b.slot === batch.slot);
    for (const gone of ofSlot.slice(ofSlot.indexOf(batch))) {
      const lease = this.leases.get(gone.leaseId)!;
      lease.dispatchedTo = Math.min(lease.dispatchedTo, gone.next);
      this.batches.splice(this.batches.indexOf(gone), 1);
    }
  }

  seeDispatch({ slot, epoch, batch, leaseId, first, count }: Extract<Effect, { type: 'dispatch' }>): void {
    const lease = this.leases.get(leaseId)!;
    expect(this.sandboxes.get(slot)).toEqual({ epoch, phase: 'ready' });
    expect(lease.isLost || lease.isOver).toBe(false);
    expect(this.stopping).toBe(false);
    expect(first).toBe(lease.dispatchedTo);
    expect(count).toBeGreaterThan(0);
    expect(first + count).toBeLessThanOrEqual(lease.end);
    lease.dispatchedTo = first + count;
    this.batches.push({ slot, epoch, batch, leaseId, next: first, end: first + count });
    const open = [...this.reports.values()].filter((r) => r.slot === slot);
    expect(open.reduce((sum, r) => sum + r.bytes, 0)).toBeLessThan(TUNING.unackedBytesMax);
    expect(open.length).toBeLessThan(TUNING.unackedReportsMax);
  }

  observeReport({
    report,
    leaseId,
    first,
    count,
    segment,
    failure,
  }: Extract<Effect, { type: 'report' }>): void {
    const lease = this.leases.get(leaseId)!;
    expect(lease.isLost || lease.isOver).toBe(false);
    expect(first).toBe(lease.next);
    lease.next = first + count + (failure === undefined ? 0 : 1);
    lease.dispatchedTo = Math.max(lease.dispatchedTo, lease.next);
    expect(lease.next).toBeLessThanOrEqual(lease.end);
    expect(count > 0).toBe(segment !== undefined);
    const slot = this.state.leases.get(leaseId)?.slot ?? 0;
    this.reports.set(report, { leaseId, slot, bytes: segment?.byteLength ?? 0 });
  }

  /** Asserts that the state of the core agrees with its effects. */
  assertInvariants(): void {
    for (const slot of this.state.slots) {
      const open = [...this.state.reports.values()].filter((r) => r.lease.slot === slot.slot);
      expect(slot.unackedReports).toBe(open.length);
      expect(slot.unackedBytes).toBe(open.reduce((sum, r) => sum + r.bytes, 0));
      expect(slot.leases.length).toBeLessThanOrEqual(2);
      for (const lease of slot.leases) {
        expect(lease.next).toBeLessThan(lease.end);
        expect(lease.dispatchedTo).toBeGreaterThanOrEqual(lease.next);
        expect(this.state.leases.get(lease.leaseId)).toBe(lease);
      }
    }
    if (!this.stopping && this.state.leases.size > 0) expect(needsTick(this.state)).toBe(true);
  }

  /** The sandbox of the slot finishes up to `count` slices. */
  outcomes(slot: number, count: number, bytes: number): void {
    const batch = this.batches.find((b) => b.slot === slot);
    if (batch === undefined) return;
    const first = batch.next;
    const some = Math.min(count, batch.end - first);
    batch.next += some;
    const done = batch.next === batch.end;
    if (done) this.batches.splice(this.batches.indexOf(batch), 1);
    const { epoch } = batch;
    const segment = new Uint8Array(bytes);
    this.do({
      type: 'outcomes',
      slot,
      epoch,
      batch: batch.batch,
      first,
      count: some,
      computeMs: some,
      done,
      segment,
    });
  }
}
