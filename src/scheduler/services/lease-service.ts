/**
 * The use cases of a worker on its leases: report, renew, release; and what its connection and disconnection do to them.
 * @module
 */
import { isError, ManyhandsError, toWireError } from '../../lib/errors.js';
import { CHECKPOINT_INTERVAL_MS } from '../../protocol/limits.js';
import type { WorkerRequests } from '../../protocol/messages/messages.js';
import { isStoreFailure } from '../store/port/store-failure.js';
import { checkOutcomes } from './check-input.js';
import type { LeaseRecord } from '../leasing/lease-registry.js';
import type { ConnectedWorker } from '../clients/connected-worker.js';
import type { ServiceContext, Submitted } from './service-context.js';

type Input<K extends keyof WorkerRequests> = WorkerRequests[K][0];
type Output<K extends keyof WorkerRequests> = WorkerRequests[K][1];

export class LeaseService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /**
   * Checks the outcomes of the worker's next slices, and records them. Malformed ones count as a lost attempt of the slice,
   * which runs again elsewhere.
   * @throws SEGMENT_MALFORMED, BLOB_UNKNOWN, and what the command `report` throws
   */
  async report(
    worker: ConnectedWorker,
    m: Input<'lease.report'>,
  ): Promise<Submitted<Output<'lease.report'>>> {
    const isHolder = await this.#checkOutcomes(worker, m);
    return { done: this.#record(worker, isHolder ? m : { ...m, segment: undefined }) };
  }

  /**
   * Checks the outcomes of a lease that is registered for this connection. Returns false for any other lease: then no blob is
   * read, and the outcomes must not reach the store, which knows the worker's id but not its connection. Without them it refuses
   * the report, or returns the stored reply to an earlier one.
   */
  async #checkOutcomes(
    worker: ConnectedWorker,
    { leaseId, first, segment }: Input<'lease.report'>,
  ): Promise<boolean> {
    if (segment === undefined) return true;
    await worker.reattached;
    if (this.#context.leases.get(leaseId)?.holder !== worker) return false;
    try {
      await checkOutcomes(this.#context.blobValues, segment);
      return true;
    } catch (error) {
      if (!isError(error, 'SEGMENT_MALFORMED')) throw error;
      const failure = {
        code: 'LEASE_LOST',
        message: `its worker reported a malformed outcome: ${error.message}`,
      };
      const report = { leaseId, first, count: 0, computeMs: 0, failure };
      await this.#record(worker, report).catch((refused: unknown) => this.#log(worker, refused));
      throw error;
    }
  }

  async #record(worker: ConnectedWorker, m: Input<'lease.report'>): Promise<Output<'lease.report'>> {
    const { leaseId, first, count, computeMs, segment, failure } = m;
    const { workerId } = worker;
    const { commitQueue, leases, options } = this.#context;
    try {
      const { jobId, next, left, paid } = await commitQueue.submit('report', {
        leaseId,
        workerId,
        first,
        count,
        computeMs,
        ...(segment === undefined ? {} : { segment }),
        ...(failure === undefined ? {} : { failure }),
      });
      leases.progress(leaseId, next, left, options.clock.monotonicMs());
      worker.slices += count;
      if (failure !== undefined) {
        worker.failures += 1;
        const { code, message: reason } = failure;
        options.log('info', 'failed', { workerId, jobId, slice: first + count, code, reason });
      }
      return { next, paid };
    } catch (error) {
      if (isError(error, 'LEASE_LOST')) this.#forget(worker, leaseId);
      throw error;
    }
  }

  /** Renews leases. A worker that has reconnected first names all leases that it knows; the others are released. */
  async renew(worker: ConnectedWorker, leaseIds: string[]): Promise<Output<'lease.renew'>> {
    const reattached = worker.hasRenewed ? [] : await worker.reattached;
    const unknown = reattached.filter((leaseId) => !leaseIds.includes(leaseId));
    const { workerId } = worker;
    const { expired } = await this.#context.commitQueue.submit('renewLeases', {
      leaseIds,
      workerId,
      unknown,
    });
    worker.hasRenewed = true;
    for (const leaseId of [...expired, ...unknown]) this.#forget(worker, leaseId);
    return { expired };
  }

  /** Stores the state of a running slice. @throws LEASE_LOST, LIMIT_EXCEEDED when it is too soon after the last one */
  async checkpoint(
    worker: ConnectedWorker,
    { leaseId, sliceNumber, state }: Input<'lease.checkpoint'>,
  ): Promise<Output<'lease.checkpoint'>> {
    await worker.reattached;
    const { commitQueue, leases, options } = this.#context;
    const lease = leases.get(leaseId);
    if (lease?.holder === worker && !takeTurn(lease, options.clock.monotonicMs())) {
      const text = `lease ${leaseId} stores checkpoints more often than every ${CHECKPOINT_INTERVAL_MS} ms`;
      const info = { limit: 'CHECKPOINT_INTERVAL_MS', max: 1, actual: 2 };
      throw new ManyhandsError('LIMIT_EXCEEDED', text, info);
    }
    await commitQueue.submit('checkpoint', { leaseId, workerId: worker.workerId, slice: sliceNumber, state });
    return {};
  }

  #forget(worker: ConnectedWorker, leaseId: string): void {
    const { leases } = this.#context;
    if (leases.get(leaseId)?.holder === worker) leases.delete(leaseId);
  }

  /** Releases the slices of a lease from `from` on, none of which has started. */
  async release(
    worker: ConnectedWorker,
    { leaseId, from }: Pick<Input<'lease.release'>, 'leaseId' | 'from'>,
  ): Promise<Output<'lease.release'>> {
    const { commitQueue, leases, options } = this.#context;
    const { next, left } = await commitQueue.submit('releaseLease', {
      leaseId,
      workerId: worker.workerId,
      from,
      isRecalled: (leases.get(leaseId)?.recalls ?? 0) > 0,
    });
    if (left === 0) leases.releaseFrom(worker, leaseId);
    else leases.progress(leaseId, next, left, options.clock.monotonicMs());
    return {};
  }

  /** Releases all leases of a worker that is about to be disconnected. */
  releaseAll(worker: ConnectedWorker): void {
    const { workerId } = worker;
    for (const { leaseId, holder, next: from } of [...this.#context.leases.values()]) {
      if (holder !== worker) continue;
      this.#context.commitQueue
        .submit('releaseLease', { leaseId, workerId, from })
        .catch((cause: unknown) => this.#log(worker, cause));
    }
  }

  /** Reattaches the leases that the worker held before it connected; resolves with their ids. */
  async reattach(worker: ConnectedWorker): Promise<string[]> {
    const { commitQueue, leases, options, workers } = this.#context;
    const { workerId } = worker;
    const isCurrent = (): boolean => workers.get(workerId) === worker;
    for (;;) {
      try {
        const found = await commitQueue.submit('reattachLeases', { workerId });
        if (!isCurrent()) return [];
        for (const lease of found.leases) {
          worker.offered.add(lease.job.jobId);
          leases.add(worker, lease, options.clock.monotonicMs());
        }
        return found.leases.map(({ leaseId }) => leaseId);
      } catch (error) {
        this.#log(worker, error);
        // Retried, because leases that are not reattached can be neither recalled nor revoked.
        if (!isStoreFailure(error) || !isCurrent()) return [];
      }
    }
  }

  /** Lets the leases of a worker that has disconnected end soon, unless it connects again. */
  shorten(worker: ConnectedWorker): void {
    this.#context.commitQueue
      .submit('shortenLeases', { workerId: worker.workerId })
      .catch((error: unknown) => this.#log(worker, error));
  }

  #log({ workerId }: ConnectedWorker, error: unknown): void {
    const { code, message } = toWireError(error);
    if (code !== 'SHUTTING_DOWN') this.#context.options.log('warn', 'worker', { workerId, code, message });
  }
}

/** Messages of a worker may be delayed, so that two of them arrive closer to each other than they were sent. */
const CHECKPOINT_SPACING_MS = CHECKPOINT_INTERVAL_MS / 2;

/** Whether the lease may store a checkpoint now; if so, the next one only later. */
function takeTurn(lease: LeaseRecord, nowMs: number): boolean {
  if (nowMs - (lease.checkpointMs ?? -Infinity) < CHECKPOINT_SPACING_MS) return false;
  lease.checkpointMs = nowMs;
  return true;
}
