/**
 * Matches lease requests of workers with jobs that have pending slices. Requests that cannot be granted wait in memory (a
 * worker that reconnects sends them again) and are retried whenever new work may have appeared. While sandboxes are
 * idle, the matchmaker recalls unstarted slices from long leases.
 * @module
 */
import { SecondCounter } from '../../lib/second-counter.js';
import type { Clock } from '../../lib/clock.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import { LEASES_PER_WORKER_MAX, RECALL_IGNORED_MS } from '../../protocol/limits.js';
import type { WarmState, WorkerDescription, WorkerNotices } from '../../protocol/messages/messages.js';
import type { LeaseRecord, LeaseRegistry, LeaseHolder } from './lease-registry.js';
import type { Log } from '../log/log.js';
import type { Candidate, EligibilityCache } from '../policy/choose-job.js';
import { chooseRecall } from '../policy/choose-recall.js';
import { isStoreFailure } from '../store/port/store-failure.js';
import type { Commands } from '../store/port/store.js';
import type { CommitQueue } from '../commit/commit-queue.js';

/** As the worker sent it: `request` is its number, and `idle` is false when the worker requests in advance. */
export type LeaseRequest = Readonly<WorkerNotices['lease.request']>;

export interface WorkerHandle extends LeaseHolder {
  readonly description: WorkerDescription;
}

export interface MatchmakerOptions {
  commitQueue: CommitQueue;
  leases: LeaseRegistry;
  eligibility: EligibilityCache;
  clock: Clock;
  random: Random;
  log: Log;
  /** Whether no leases are granted now. @default never */
  isClosed?: () => boolean;
  /** Called for each worker that requests work or has a new description, and for each that disconnects. @default no-op */
  onActive?: (worker: WorkerHandle) => void;
  onGone?: (worker: WorkerHandle) => void;
}

/** Interval between two searches for a lease to recall while sandboxes are idle, milliseconds. */
const RECALL_INTERVAL_MS = 25;
/** Delay before a request is retried after the store failed, milliseconds. */
const RETRY_MS = 1_000;
/** Delay before a worker is retried for whom all pending slices were deferred to other workers, milliseconds. */
const DEFERRED_RETRY_MS = 1_000;
/** Searches of all jobs in one second after new descriptions of one worker; beyond that they are delayed by so many milliseconds. */
const UPDATES_PER_SECOND_MAX = 8;
const UPDATE_DELAY_MS = 1_000;
/** Leases that one round examines, counted once for each idle worker, so that a round stays short with many workers. */
const RECALL_CANDIDATES_MAX = 5_000;

/** The requests of one worker and the state of serving them. */
interface WorkerState {
  readonly requests: Map<number, LeaseRequest>;
  isServing: boolean;
  /** Whether to serve once more after the current pass. */
  serveAgain: boolean;
  /** All jobs were searched and none had work for the worker; valid until `wake` names a job that it may run. */
  hasNoWork: boolean;
  /** Searches for new descriptions in the current second. */
  readonly updates: SecondCounter;
  cancelRetry: (() => void) | undefined;
}

export class Matchmaker {
  readonly #options: MatchmakerOptions;
  readonly #workers = new Map<WorkerHandle, WorkerState>();
  /** Workers with an idle sandbox. */
  readonly #idle = new Set<WorkerHandle>();
  /** Workers for whom all pending slices are deferred to other workers. */
  readonly #deferred = new Set<WorkerHandle>();
  #cancelRecall: (() => void) | undefined;
  /** Index of the idle worker that the next recall round starts with. */
  #recallIndex = 0;

  constructor(options: MatchmakerOptions) {
    this.#options = options;
  }

  /** Adds a lease request and serves it. @throws LIMIT_EXCEEDED past `LEASES_PER_WORKER_MAX` requests of one worker */
  add(worker: WorkerHandle, request: LeaseRequest): void {
    const state = this.#workers.get(worker) ?? newState();
    const { requests } = state;
    if (requests.size >= LEASES_PER_WORKER_MAX) {
      throw new ManyhandsError(
        'LIMIT_EXCEEDED',
        'the worker has too many open lease requests: wait for grants, or withdraw some',
        {
          limit: 'LEASES_PER_WORKER_MAX',
          max: LEASES_PER_WORKER_MAX,
          actual: requests.size + 1,
        },
      );
    }
    this.#workers.set(worker, state);
    requests.set(request.request, request);
    this.#updateIdle(worker, state);
    this.#options.onActive?.(worker);
    if (state.hasNoWork) this.#scheduleRecall();
    else this.#serve(worker);
  }

  remove(worker: WorkerHandle, request: number): void {
    const state = this.#workers.get(worker);
    if (state === undefined) return;
    state.requests.delete(request);
    this.#updateIdle(worker, state);
  }

  /** The worker's description has changed: searches all jobs again, at a limited rate. */
  descriptionChanged(worker: WorkerHandle): void {
    this.#options.onActive?.(worker);
    const state = this.#workers.get(worker);
    if (state === undefined) return;
    const updates = state.updates.count(this.#options.clock.monotonicMs());
    if (updates > UPDATES_PER_SECOND_MAX) return this.#retryLater(worker, UPDATE_DELAY_MS);
    state.hasNoWork = false;
    this.#serve(worker);
  }

  /** The worker has disconnected. Slices that were deferred to it may now go to other workers. */
  drop(worker: WorkerHandle): void {
    this.#workers.get(worker)?.cancelRetry?.();
    this.#workers.delete(worker);
    this.#idle.delete(worker);
    this.#deferred.delete(worker);
    this.#options.onGone?.(worker);
    for (const other of this.#deferred) this.#serve(other);
  }

  /** Whether the worker has open requests. */
  isWaiting(worker: WorkerHandle): boolean {
    return (this.#workers.get(worker)?.requests.size ?? 0) > 0;
  }

  /** Whether the worker has an idle sandbox. */
  isIdle(worker: WorkerHandle): boolean {
    return this.#idle.has(worker);
  }

  /** These jobs may have new work: serves the workers that may run one of them. */
  wake(jobs: readonly Candidate[]): void {
    for (const [worker, state] of this.#workers) {
      if (state.requests.size === 0 && !state.hasNoWork) continue;
      const mayRun = this.#options.eligibility.of(worker.description);
      if (!jobs.some(mayRun)) continue;
      state.hasNoWork = false;
      this.#serve(worker);
    }
  }

  /** Any job may have new work: serves all workers. */
  wakeAll(): void {
    for (const [worker, state] of this.#workers) {
      state.hasNoWork = false;
      this.#serve(worker);
    }
  }

  close(): void {
    this.#cancelRecall?.();
    for (const state of this.#workers.values()) state.cancelRetry?.();
    this.#workers.clear();
    this.#idle.clear();
    this.#deferred.clear();
  }

  #updateIdle(worker: WorkerHandle, { requests }: WorkerState): void {
    for (const request of requests.values()) if (request.idle) return void this.#idle.add(worker);
    this.#idle.delete(worker);
  }

  #serve(worker: WorkerHandle): void {
    const state = this.#workers.get(worker);
    if (state === undefined) return;
    if (state.isServing) {
      state.serveAgain = true;
      return;
    }
    if (state.requests.size === 0) return;
    state.isServing = true;
    void this.#serveAll(worker, state);
  }

  async #serveAll(worker: WorkerHandle, state: WorkerState): Promise<void> {
    try {
      do {
        state.serveAgain = false;
        while (await this.#serveOne(worker, state));
      } while (isServeAgain(state));
    } catch (error) {
      this.#retryAfterError(worker, error);
    } finally {
      state.isServing = false;
    }
    this.#scheduleRecall();
  }

  /** Schedules a retry after an error, because no other event may serve this worker. */
  #retryAfterError(worker: WorkerHandle, error: unknown): void {
    if (isError(error, 'SHUTTING_DOWN')) return;
    this.#options.log('warn', 'lease failed', { worker: worker.workerId, error: String(error) });
    this.#retryLater(worker, RETRY_MS);
  }

  /** Serves the worker's most urgent request; resolves with false when there is none or no work for it. */
  async #serveOne(worker: WorkerHandle, state: WorkerState): Promise<boolean> {
    const request = mostUrgent(state.requests);
    if (request === undefined || this.#workers.get(worker) !== state) return false;
    if (this.#options.isClosed?.() === true) return false;
    const { commitQueue, random, leases, clock } = this.#options;
    const { description } = worker;
    const leaseId = newId(random);
    const granted = await commitQueue.submit('grantLease', {
      leaseId,
      worker: description,
      warmState: request,
    });
    this.#deferred.delete(worker);
    if (granted === null) {
      // New work or a new description may have arrived while the store searched.
      state.hasNoWork = !isServeAgain(state) && worker.description === description;
      return false;
    }
    if (granted === 'deferred') {
      if (this.#workers.get(worker) !== state) return false;
      this.#deferred.add(worker);
      this.#retryLater(worker, DEFERRED_RETRY_MS);
      return false;
    }
    const { lease, job, attempt } = granted;
    const isAwaited = this.#workers.get(worker) === state && state.requests.delete(request.request);
    this.#updateIdle(worker, state);
    if (!isAwaited) {
      // The request was withdrawn, or the worker disconnected, while the store granted it.
      if (this.#workers.get(worker) !== state) this.#idle.delete(worker);
      await this.#releaseLease({ leaseId, workerId: worker.workerId, from: lease.first, isRecalled: true });
      // The same worker may have reconnected meanwhile, and its leases were reattached.
      leases.delete(leaseId);
      return true;
    }
    const { first, count, estimatedSliceMs: sliceMs } = lease;
    const record = { leaseId, next: first, last: first + count - 1, job, attempt, sliceMs };
    leases.add(worker, record, clock.monotonicMs());
    worker.send({ type: 'lease.grant', request: request.request, lease });
    return true;
  }

  /** Releases a lease of which no worker was notified; retries until the store accepts it. */
  async #releaseLease(lease: Commands['releaseLease'][0]): Promise<void> {
    for (;;) {
      try {
        return void (await this.#options.commitQueue.submit('releaseLease', lease));
      } catch (error) {
        if (!isStoreFailure(error)) throw error;
      }
    }
  }

  /** Serves the worker again after a delay, when no other event may do so. */
  #retryLater(worker: WorkerHandle, ms: number): void {
    const state = this.#workers.get(worker);
    if (state === undefined || state.cancelRetry !== undefined) return;
    const retry = (): void => {
      state.cancelRetry = undefined;
      state.hasNoWork = false;
      this.#serve(worker);
    };
    state.cancelRetry = this.#options.clock.after(ms, retry, { background: true });
  }

  #scheduleRecall(): void {
    if (this.#cancelRecall !== undefined || this.#idle.size === 0 || this.#options.leases.size === 0) return;
    this.#recall();
    this.#cancelRecall = this.#options.clock.after(
      RECALL_INTERVAL_MS,
      () => {
        this.#cancelRecall = undefined;
        this.#scheduleRecall();
      },
      { background: true },
    );
  }

  /** Recalls one lease for each worker with an idle sandbox: for some in this round, for the others in the next ones. */
  #recall(): void {
    const { leases, clock, eligibility } = this.#options;
    const idle = [...this.#idle];
    const first = this.#recallIndex < idle.length ? this.#recallIndex : 0;
    const count = Math.min(idle.length - first, Math.ceil(RECALL_CANDIDATES_MAX / Math.max(1, leases.size)));
    this.#recallIndex = first + count;
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
    const waiting = [...(this.#workers.get(worker)?.requests.values() ?? [])].filter(
      (request) => request.idle,
    );
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
}

/** Whether a lease of several slices had no progress and released nothing in spite of repeated recalls. */
function isRecallIgnored(lease: LeaseRecord, nowMs: number): boolean {
  const isOverdue = lease.recalls > 1 && nowMs - lease.firstRecalledMs >= RECALL_IGNORED_MS;
  return isOverdue && lease.last > lease.next;
}

const newState = (): WorkerState => ({
  requests: new Map(),
  isServing: false,
  serveAgain: false,
  hasNoWork: false,
  updates: new SecondCounter(),
  cancelRetry: undefined,
});

const isWarmFor = (warmState: WarmState, jobId: string): boolean =>
  warmState.loadedJob === jobId || warmState.warmJobs?.includes(jobId) === true;

/** Read through a function, because it changes while a lease is awaited and the compiler would narrow it. */
const isServeAgain = (state: { readonly serveAgain: boolean }): boolean => state.serveAgain;

function mostUrgent(requests: ReadonlyMap<number, LeaseRequest>): LeaseRequest | undefined {
  let first: LeaseRequest | undefined;
  for (const request of requests.values()) {
    if (request.idle) return request;
    first ??= request;
  }
  return first;
}
