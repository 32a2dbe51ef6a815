/**
 * The use cases of a worker besides its leases: connect, update its description, prove groups, and read what it needs to run
 * a job. Its lease requests go to the matchmaker directly.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { WORKER_UPDATES_PER_SECOND_MAX } from '../../protocol/limits.js';
import type { WireGroupProof, WorkerDescription, WorkerRequests } from '../../protocol/messages/messages.js';
import { isEligible } from '../policy/choose-job.js';
import { unknownJob } from '../store/port/job-errors.js';
import type { JobView } from '../store/port/store.js';
import type { AccountService } from './account-service.js';
import type { BlobService } from './blob-service.js';
import { ConnectedWorker, type WorkerPort } from '../clients/connected-worker.js';
import type { LeaseService } from './lease-service.js';
import type { ProvedGroups } from '../clients/proved-groups.js';
import type { ServiceContext } from './service-context.js';

type Input<K extends keyof WorkerRequests> = WorkerRequests[K][0];
type Output<K extends keyof WorkerRequests> = WorkerRequests[K][1];

export class WorkerService {
  readonly #context: ServiceContext;
  readonly #leases: LeaseService;
  readonly #accounts: AccountService;
  readonly #blobs: BlobService;

  constructor(
    context: ServiceContext,
    services: { leases: LeaseService; accounts: AccountService; blobs: BlobService },
  ) {
    this.#context = context;
    this.#leases = services.leases;
    this.#accounts = services.accounts;
    this.#blobs = services.blobs;
  }

  /**
   * Adds a worker that has connected; an earlier connection of the same worker is closed, and its leases are reattached.
   * @throws BANNED
   */
  connect(port: WorkerPort, description: WorkerDescription, groups: ProvedGroups): ConnectedWorker {
    const { bans, clients, workers, options } = this.#context;
    const { workerId, paymentAddress, sandboxHost, sandboxes } = description;
    const banned = bans.refusal({ workerId, address: paymentAddress });
    if (banned !== undefined) throw banned;
    const worker = new ConnectedWorker(port, description, groups, options.clock.wallMs());
    clients.add(worker);
    const old = workers.get(workerId);
    workers.set(workerId, worker);
    if (old !== undefined) this.#replace(old);
    const { peer } = port;
    options.log('info', 'joined', { workerId, peer, sandboxHost, sandboxes, paymentAddress });
    worker.releaseLeases = () => this.#leases.releaseAll(worker);
    worker.reattached = this.#leases.reattach(worker);
    return worker;
  }

  #replace(old: ConnectedWorker): void {
    this.#detach(old);
    old.close(new ManyhandsError('CLOSED', 'another connection of this worker has replaced this one'));
  }

  #detach(worker: ConnectedWorker): void {
    this.#context.matchmaker.drop(worker);
    this.#context.leases.drop(worker);
  }

  /** Removes a worker whose connection has ended. */
  disconnect(worker: ConnectedWorker): void {
    const { clients, workers, options } = this.#context;
    clients.delete(worker);
    this.#detach(worker);
    const { workerId, slices, failures } = worker;
    if (workers.get(workerId) !== worker) return;
    workers.delete(workerId);
    options.log('info', 'left', { workerId, slices, failures });
    this.#leases.shorten(worker);
  }

  /** Replaces the worker's description. @throws FORBIDDEN, BANNED, LIMIT_EXCEEDED when it does so too often */
  update(worker: ConnectedWorker, description: WorkerDescription): void {
    const { bans, matchmaker, options } = this.#context;
    const updates = worker.updates.count(options.clock.monotonicMs());
    if (updates > WORKER_UPDATES_PER_SECOND_MAX) {
      throw new ManyhandsError('LIMIT_EXCEEDED', 'the worker updates its description too often', {
        limit: 'WORKER_UPDATES_PER_SECOND_MAX',
        max: WORKER_UPDATES_PER_SECOND_MAX,
        actual: updates,
      });
    }
    if (description.workerId !== worker.workerId) {
      throw new ManyhandsError('FORBIDDEN', 'a worker cannot change its id during a connection');
    }
    worker.description = description;
    const banned = bans.refusal(worker.identity);
    if (banned !== undefined) throw banned;
    matchmaker.descriptionChanged(worker);
  }

  /** Proves that the worker knows the secrets of groups. @throws UNAUTHENTICATED, LIMIT_EXCEEDED */
  async proveGroups(
    worker: ConnectedWorker,
    groups: ProvedGroups,
    proofs: readonly WireGroupProof[],
  ): Promise<void> {
    await groups.prove(proofs);
    worker.groupsChanged();
    this.#context.matchmaker.descriptionChanged(worker);
  }

  /**
   * A job's package, only for jobs of which the worker was granted leases, on this connection or before it reconnected.
   * @throws JOB_UNKNOWN
   */
  async readPackage(worker: ConnectedWorker, jobId: string): Promise<Output<'job.package'>> {
    // It may belong to a lease from before the worker reconnected.
    if (!worker.offered.has(jobId)) await worker.reattached;
    if (!worker.offered.has(jobId)) throw unknownJob(jobId);
    const { package: bytes, owner, offer } = await this.#readableJob(worker, jobId);
    return { package: bytes, owner, ...(offer === undefined ? {} : { offer }) };
  }

  /** The status of a job that the worker may run. @throws JOB_UNKNOWN */
  async readStatus(worker: ConnectedWorker, jobId: string): Promise<Output<'job.status'>> {
    return { status: (await this.#readableJob(worker, jobId)).status };
  }

  async #readableJob(worker: ConnectedWorker, jobId: string): Promise<JobView> {
    const job = await this.#context.options.store.job(jobId);
    // A worker outside the job's groups gets JOB_UNKNOWN. One that has blocked the job, its owner or its origins may read
    // it, because it may have sent this request before it blocked them.
    const allowOrigins = [...(job?.candidate.origins ?? [])];
    const reader = { ...worker.description, blockedJobs: [], blockedOwners: [], allowOrigins };
    if (job === undefined || !isEligible(job.candidate, reader)) throw unknownJob(jobId);
    return job;
  }

  /** The account of the worker's own payment address. @throws FORBIDDEN for any other */
  async readAccount(worker: ConnectedWorker, address: string): Promise<Output<'account.show'>> {
    if (address !== worker.description.paymentAddress) {
      const text = 'a worker may only read the account of its own payment address';
      throw new ManyhandsError('FORBIDDEN', text, { address });
    }
    return this.#accounts.show(address);
  }

  /** A ticket to upload a result. @throws FORBIDDEN for a worker without a lease, VALUE_TOO_LARGE */
  async issueTicket(
    worker: ConnectedWorker,
    { digest, bytes }: Input<'blob.ticket'>,
  ): Promise<Output<'blob.ticket'>> {
    await worker.reattached;
    if (!this.#context.leases.holds(worker)) {
      throw new ManyhandsError('FORBIDDEN', 'a worker without a lease has no results to upload');
    }
    return this.#blobs.ticket(digest, bytes);
  }
}
