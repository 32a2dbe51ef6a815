/**
 * While sandboxes are idle, recalls unstarted slices from long leases, and ends leases whose workers ignore that.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { RECALL_IGNORED_MS } from '../../protocol/limits.js';
import type { WarmState } from '../../protocol/messages/messages.js';
import type { CommitQueue } from '../commit/commit-queue.js';
import type { Log } from '../log/log.js';
import type { EligibilityCache } from '../policy/choose-job.js';
import { chooseRecall } from '../policy/choose-recall.js';
import type { LeaseRecord, LeaseRegistry } from './lease-registry.js';
import type { LeaseRequest, WorkerHandle } from './worker-handle.js';

export interface LeaseRecallsOptions {
  commitQueue: CommitQueue;
  leases: LeaseRegistry;
  eligibility: EligibilityCache;
  clock: Clock;
  log: Log;
}

/** Interval between two searches for a lease to recall while sandboxes are idle, milliseconds. */
const RECALL_INTERVAL_MS = 25;
/** Leases that one round examines, counted once for each idle worker, so that a round stays short with many workers. */
const RECALL_CANDIDATES_MAX = 5_000;

export class LeaseRecalls {
  readonly #options: LeaseRecallsOptions;
  readonly #idle: ReadonlySet<WorkerHandle>;
  readonly #requestsOf: (worker: WorkerHandle) => Iterable<LeaseRequest>;
  #cancel: (() => void) | undefined;
  /** Index of the idle worker that the next round starts with. */
  #index = 0;

  /** @param idle the workers with an idle sandbox now */
  constructor(
    options: LeaseRecallsOptions,
    idle: ReadonlySet<WorkerHandle>,
    requestsOf: (worker: WorkerHandle) => Iterable<LeaseRequest>,
  ) {
    this.#options = options;
    this.#idle = idle;
    this.#requestsOf = requestsOf;
  }

  /** Recalls now and at intervals, while sandboxes are idle and there are leases. */
  schedule(): void {
    if (this.#cancel !== undefined || this.#idle.size === 0 || this.#options.leases.size === 0) return;
    this.#recall();
    this.#cancel = this.#options.clock.after(
      RECALL_INTERVAL_MS,
      () => {
        this.#cancel = undefined;
        this.schedule();
      },
      { background: true },
    );
  }

  /** Recalls one lease for each worker with an idle sandbox: for some in this round, for the others in the next ones. */
  #recall(): void {
    const { leases, clock, eligibility } = this.#options;
    const idle = [...this.#idle];
    const first = this.#index < idle.length ? this.#index : 0;
    const count = Math.min(idle.length - first, Math.ceil(RECALL_CANDIDATES_MAX / Math.max(1, leases.size)));
    this.#index = first + count;
    const nowMs = clock.monotonicMs();
    for (const worker of idle.slice(first, first + count)) {
      const lease = chooseRecall(leases.values(), eligibility.of(worker.description), nowMs);
      if (lease === undefined) continue;
      if (isRecallIgnored(lease, nowMs)) this.#revokeLease(lease);
      else this.#sendRecall(lease, worker, nowMs);
    }
  }

  #sendRecall(lease: LeaseRecord, worker: WorkerHandle, nowMs: number): void {
    if (lease.recalls === 0) lease.firstRecalledMs = nowMs;
    lease.recalledMs = nowMs;
    lease.recalls += 1;
    const waiting = [...this.#requestsOf(worker)].filter((request) => request.idle);
    const isRequesterWarm = waiting.some((request) => isWarmFor(request, lease.job.jobId));
    const { leaseId } = lease;
    lease.holder.send({ type: 'lease.recall', leaseId, ...(isRequesterWarm ? { isRequesterWarm } : {}) });
  }

  /** Ends a lease whose holder released nothing, so that other workers get its slices. */
  #revokeLease({ leaseId, holder }: LeaseRecord): void {
    const { commitQueue, leases, log } = this.#options;
    leases.delete(leaseId);
    holder.send({ type: 'lease.revoke', leaseId, reason: 'other workers waited, and it released no slices' });
    commitQueue
      .submit('revokeLease', { leaseId, workerId: holder.workerId })
      .catch((error: unknown) => log('warn', 'lease not revoked', { leaseId, error: String(error) }));
  }

  close(): void {
    this.#cancel?.();
  }
}

/** Whether a lease of several slices had no progress and released nothing in spite of repeated recalls. */
function isRecallIgnored(lease: LeaseRecord, nowMs: number): boolean {
  const isOverdue = lease.recalls > 1 && nowMs - lease.firstRecalledMs >= RECALL_IGNORED_MS;
  return isOverdue && lease.last > lease.next;
}

const isWarmFor = (warmState: WarmState, jobId: string): boolean =>
  warmState.loadedJob === jobId || warmState.warmJobs?.includes(jobId) === true;
