/**
 * Which leases the connected workers hold: a picture for recalls and revocations, never the truth (that is the store).
 * @module
 */
import { BUSY_WAIT_MS } from '../../protocol/limits.js';
import type { Candidate } from '../policy/choose-job.js';
import type { SchedulerMessage } from '../../protocol/messages/messages.js';
import type { LentLease } from '../store/port/store.js';

/** A job of which nothing is known: what its slices are thought to take. */
const UNKNOWN_SLICE_MS = 100;

export interface LeaseHolder {
  readonly workerId: string;
  send(message: SchedulerMessage): void;
}

export interface HeldLease {
  readonly leaseId: string;
  readonly holder: LeaseHolder;
  readonly job: Candidate;
  /** First slice without an outcome, and the last one. */
  next: number;
  last: number;
  /** Which attempt at its slices this is, from 1. */
  readonly attempt: number;
  /** What one slice is thought to take, milliseconds. */
  sliceMs: number;
  isBegun: boolean;
  /** Monotonic time of its last progress, or of its grant. */
  progressedMs: number;
  /** Monotonic time of the last recall and of the first one since then, and how many there were. */
  recalledMs: number;
  firstRecalledMs: number;
  recalls: number;
}

/** A lease gets on while it has progressed in the time of so many of its slices. */
const BUSY_WAIT_SLICES = 4;
/** Jobs whose recalls are remembered beyond their leases. */
const RECALLED_JOBS_MAX = 1_024;

export class HeldLeases {
  readonly #leases = new Map<string, HeldLease>();
  readonly #byHolder = new Map<LeaseHolder, Set<string>>();
  readonly #heardMs = new WeakMap<LeaseHolder, number>();
  /** Jobs of which a recall brought whole leases back, and nothing was reported since: the next lease waits as long. */
  readonly #recalled = new Map<string, { recalledMs: number; recalls: number }>();

  readonly #onActive: (holder: LeaseHolder) => void;

  /** `onActive` hears of each holder that is lent something or gets on. */
  constructor(onActive: (holder: LeaseHolder) => void = () => undefined) {
    this.#onActive = onActive;
  }

  get size(): number {
    return this.#leases.size;
  }

  get(leaseId: string): HeldLease | undefined {
    return this.#leases.get(leaseId);
  }

  /** A lease that `holder` has from now on, monotonic milliseconds. */
  add(holder: LeaseHolder, lease: LentLease, nowMs: number): void {
    const { leaseId, job, next, last, attempt, sliceMs = UNKNOWN_SLICE_MS } = lease;
    const { recalledMs, recalls } = this.#recalled.get(job.jobId) ?? { recalledMs: 0, recalls: 0 };
    this.delete(leaseId);
    this.#byHolder.set(holder, (this.#byHolder.get(holder) ?? new Set()).add(leaseId));
    this.#leases.set(leaseId, {
      ...{ leaseId, holder, job, next, last, attempt, sliceMs },
      ...{ isBegun: false, progressedMs: nowMs, recalledMs, firstRecalledMs: nowMs, recalls },
    });
    this.#onActive(holder);
  }

  /** The lease came back as a whole: one that was recalled leaves its back-off to the next one of its job. */
  giveBack(holder: LeaseHolder, leaseId: string): void {
    const lease = this.#leases.get(leaseId);
    if (lease?.holder !== holder) return;
    this.delete(leaseId);
    if (lease.recalls === 0) return;
    const { jobId } = lease.job;
    const oldest = this.#recalled.size >= RECALLED_JOBS_MAX ? this.#recalled.keys().next().value : undefined;
    if (oldest !== undefined) this.#recalled.delete(oldest);
    this.#recalled.set(jobId, { recalledMs: lease.recalledMs, recalls: lease.recalls });
  }

  delete(leaseId: string): void {
    const holder = this.#leases.get(leaseId)?.holder;
    if (holder === undefined) return;
    this.#leases.delete(leaseId);
    const held = this.#byHolder.get(holder)!;
    held.delete(leaseId);
    if (held.size === 0) this.#byHolder.delete(holder);
  }

  holds(holder: LeaseHolder): boolean {
    return this.#byHolder.has(holder);
  }

  /** Whether one of its leases was granted or has progressed not long ago, for what its slices take. */
  getsOn(holder: LeaseHolder, nowMs: number): boolean {
    for (const leaseId of this.#byHolder.get(holder) ?? []) {
      const { progressedMs, sliceMs } = this.#leases.get(leaseId)!;
      if (nowMs - progressedMs < Math.max(BUSY_WAIT_MS, BUSY_WAIT_SLICES * sliceMs)) return true;
    }
    return false;
  }

  /** Whether it reported on a lease at or behind `sinceMs`, monotonic: it may not have asked again yet. */
  isHeard(holder: LeaseHolder, sinceMs: number): boolean {
    return (this.#heardMs.get(holder) ?? -Infinity) >= sinceMs;
  }

  /** Forgets all of one holder's. */
  drop(holder: LeaseHolder): void {
    for (const leaseId of this.#byHolder.get(holder) ?? []) this.#leases.delete(leaseId);
    this.#byHolder.delete(holder);
  }

  /** How many slices of the lease are left; it is gone at 0. */
  progress(leaseId: string, next: number, left: number, nowMs: number): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    this.#heardMs.set(lease.holder, nowMs);
    if (next > lease.next) {
      lease.isBegun = true;
      this.#recalled.delete(lease.job.jobId);
    }
    lease.recalls = 0;
    lease.progressedMs = nowMs;
    lease.next = next;
    lease.last = next + left - 1;
    if (left === 0) this.delete(leaseId);
    this.#onActive(lease.holder);
  }

  values(): Iterable<HeldLease> {
    return this.#leases.values();
  }
}
