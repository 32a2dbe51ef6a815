/**
 * The leases that connected workers hold, in memory, for recalls and revocations. The store is authoritative.
 * @module
 */
import { setNewest } from '../../lib/bounded-map.js';
import { ACTIVE_WORKER_MS } from '../../protocol/limits.js';
import type { Candidate } from '../policy/choose-job.js';
import type { SchedulerMessage } from '../../protocol/messages/messages.js';
import type { StoredLease } from '../store/port/store.js';

/** Estimated duration of a slice without any report, milliseconds. */
const DEFAULT_SLICE_MS = 100;

export interface LeaseHolder {
  readonly workerId: string;
  send(message: SchedulerMessage): void;
}

export interface LeaseRecord {
  readonly leaseId: string;
  readonly holder: LeaseHolder;
  readonly job: Candidate;
  /** The first slice without an outcome, and the last slice. */
  next: number;
  last: number;
  /** Which attempt at its slices this is, from 1. */
  readonly attempt: number;
  /** Estimated duration of one slice, milliseconds. */
  sliceMs: number;
  /** Whether any of its slices has an outcome. */
  hasProgress: boolean;
  /** Monotonic milliseconds of its last progress, or of its grant. */
  progressedMs: number;
  /** Monotonic milliseconds of the latest recall and of the first one since the last progress, and their number. */
  recalledMs: number;
  firstRecalledMs: number;
  recalls: number;
  /** Monotonic milliseconds of its last checkpoint. */
  checkpointMs?: number;
}

/** A lease counts as making progress for the estimated duration of this many of its slices after its last report. */
const PROGRESS_SLICES = 4;
/** Jobs whose recall back-off is kept after their leases have ended. */
const RECALLED_JOBS_MAX = 1_024;

export class LeaseRegistry {
  readonly #leases = new Map<string, LeaseRecord>();
  readonly #byHolder = new Map<LeaseHolder, Set<string>>();
  readonly #reportedMs = new WeakMap<LeaseHolder, number>();
  /** Back-off of jobs whose recalled leases were released whole, without a report since: their next lease inherits it. */
  readonly #recalled = new Map<string, { recalledMs: number; recalls: number }>();

  readonly #onActive: (holder: LeaseHolder) => void;

  /** `onActive` is called for each holder that is granted a lease or makes progress. */
  constructor(onActive: (holder: LeaseHolder) => void = () => undefined) {
    this.#onActive = onActive;
  }

  get size(): number {
    return this.#leases.size;
  }

  get(leaseId: string): LeaseRecord | undefined {
    return this.#leases.get(leaseId);
  }

  /** Adds a lease of `holder`; `nowMs` is monotonic. */
  add(holder: LeaseHolder, lease: StoredLease, nowMs: number): void {
    const { leaseId, job, next, last, attempt, sliceMs = DEFAULT_SLICE_MS } = lease;
    const { recalledMs, recalls } = this.#recalled.get(job.jobId) ?? { recalledMs: 0, recalls: 0 };
    this.delete(leaseId);
    this.#byHolder.set(holder, (this.#byHolder.get(holder) ?? new Set()).add(leaseId));
    this.#leases.set(leaseId, {
      ...{ leaseId, holder, job, next, last, attempt, sliceMs },
      ...{ hasProgress: false, progressedMs: nowMs, recalledMs, firstRecalledMs: nowMs, recalls },
    });
    this.#onActive(holder);
  }

  /** The holder released the whole lease: if it was recalled, the next lease of its job inherits the back-off. */
  releaseFrom(holder: LeaseHolder, leaseId: string): void {
    const lease = this.#leases.get(leaseId);
    if (lease?.holder !== holder) return;
    this.delete(leaseId);
    if (lease.recalls === 0) return;
    const { recalledMs, recalls } = lease;
    setNewest(this.#recalled, lease.job.jobId, { recalledMs, recalls }, RECALLED_JOBS_MAX);
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

  /** Whether one of its leases was granted or made progress recently, relative to the duration of its slices. */
  isProgressing(holder: LeaseHolder, nowMs: number): boolean {
    for (const leaseId of this.#byHolder.get(holder) ?? []) {
      const { progressedMs, sliceMs } = this.#leases.get(leaseId)!;
      if (nowMs - progressedMs < Math.max(ACTIVE_WORKER_MS, PROGRESS_SLICES * sliceMs)) return true;
    }
    return false;
  }

  /** Whether it reported at or after `sinceMs` (monotonic): its next request may not have arrived yet. */
  hasReportedSince(holder: LeaseHolder, sinceMs: number): boolean {
    return (this.#reportedMs.get(holder) ?? -Infinity) >= sinceMs;
  }

  /** Deletes all leases of one holder. */
  drop(holder: LeaseHolder): void {
    for (const leaseId of this.#byHolder.get(holder) ?? []) this.#leases.delete(leaseId);
    this.#byHolder.delete(holder);
  }

  /** Records a report: `next` is the first slice without an outcome, `left` the slices left; the lease ends at 0. */
  progress(leaseId: string, next: number, left: number, nowMs: number): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    this.#reportedMs.set(lease.holder, nowMs);
    if (next > lease.next) {
      lease.hasProgress = true;
      this.#recalled.delete(lease.job.jobId);
    }
    lease.recalls = 0;
    lease.progressedMs = nowMs;
    lease.next = next;
    lease.last = next + left - 1;
    if (left === 0) this.delete(leaseId);
    this.#onActive(lease.holder);
  }

  values(): Iterable<LeaseRecord> {
    return this.#leases.values();
  }
}
