/**
 * Matches lease requests of workers with jobs that have pending slices. Requests that cannot be granted wait in memory (a
 * worker that reconnects sends them again) and are retried whenever new work may have appeared.
 * @module
 */
import { SecondCounter } from '../../lib/second-counter.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import { LEASES_PER_WORKER_MAX } from '../../protocol/limits.js';
import { LeaseRecalls, type LeaseRecallsOptions } from './lease-recalls.js';
import type { Candidate } from '../policy/choose-job.js';
import { isStoreFailure } from '../store/port/store-failure.js';
import type { Commands } from '../store/port/store.js';
import type { LeaseRequest, WorkerHandle } from './worker-handle.js';

export interface MatchmakerOptions extends LeaseRecallsOptions {
  random: Random;
  /** Whether no leases are granted now. @default never */
  isClosed?: () => boolean;
  /** Called for each worker that requests work or has a new description, and for each that disconnects. @default no-op */
  onActive?: (worker: WorkerHandle) => void;
  onGone?: (worker: WorkerHandle) => void;
}

/** Delay before a request is retried after the store failed, milliseconds. */
const RETRY_MS = 1_000;
/** Delay before a worker is retried for whom all pending slices were deferred to other workers, milliseconds. */
const DEFERRED_RETRY_MS = 1_000;
/** Searches of all jobs in one second after new descriptions of one worker; beyond that they are delayed by so many milliseconds. */
const UPDATES_PER_SECOND_MAX = 8;
const UPDATE_DELAY_MS = 1_000;

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
  readonly #recalls: LeaseRecalls;

  constructor(options: MatchmakerOptions) {
    this.#options = options;
    const requestsOf = (worker: WorkerHandle): Iterable<LeaseRequest> =>
      this.#workers.get(worker)?.requests.values() ?? [];
    this.#recalls = new LeaseRecalls(options, this.#idle, requestsOf);
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
    if (state.hasNoWork) this.#recalls.schedule();
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
    this.#recalls.close();
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
    this.#recalls.schedule();
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
}

const newState = (): WorkerState => ({
  requests: new Map(),
  isServing: false,
  serveAgain: false,
  hasNoWork: false,
  updates: new SecondCounter(),
  cancelRetry: undefined,
});

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
