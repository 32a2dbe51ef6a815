/**
 * The session of a worker: its lease requests, reports, renewals and best-effort messages.
 * @module
 */
import { isError, ManyhandsError, toWireError } from '../../lib/errors.js';
import { CONSOLE_MESSAGES_PER_SECOND_MAX, WORKER_UPDATES_PER_SECOND_MAX } from '../../protocol/limits.js';
import type {
  SchedulerMessage,
  WorkerDescription,
  WorkerRequests,
} from '../../protocol/messages/messages.js';
import type { ClientConnection } from './client-connection.js';
import type { NoticeMessage, RequestMessage, Session } from './session.js';
import { checkOutcomes } from './check-input.js';
import type { SchedulerNode } from '../services/scheduler-node.js';
import { issueTicket } from './blob-ticket.js';
import { unknownJob } from '../store/port/job-errors.js';
import type { LeaseRecord } from '../leasing/lease-registry.js';
import type { ConnectedWorker } from '../services/connected-clients.js';
import { OfferedJobs } from './offered-jobs.js';
import { isEligible } from '../policy/choose-job.js';
import { isStoreFailure } from '../store/port/store-failure.js';
import type { JobView } from '../store/port/store.js';
import type { WorkerListing } from '../../protocol/messages/operator-messages.js';
import type { ClientIdentity } from '../services/bans.js';
import { ProvedGroups } from './proved-groups.js';

type Request<K extends keyof WorkerRequests> = WorkerRequests[K][0];

export class WorkerSession implements Session, ConnectedWorker {
  readonly #node: SchedulerNode;
  readonly #connection: ClientConnection;
  /** Ids of the leases that the worker held when it connected. */
  readonly #reattached: Promise<string[]>;
  #hasRenewed = false;
  #forwardRate = { second: 0, messages: 0 };
  #updateRate = { second: 0, messages: 0 };
  #description: WorkerDescription;
  /** The description without groups whose secret is not proved; reset when either changes. */
  #visible: WorkerDescription | undefined;
  readonly #groups: ProvedGroups;
  readonly #offered = new OfferedJobs();
  /** Slices that it reported over this connection, and attempts that it reported as lost. */
  #slices = 0;
  #failures = 0;
  readonly #sinceMs: number;

  /** @throws BANNED */
  constructor(node: SchedulerNode, connection: ClientConnection, description: WorkerDescription) {
    const { workerId, paymentAddress: address } = description;
    const banned = node.bans.refusal({ workerId, address });
    if (banned !== undefined) throw banned;
    this.#node = node;
    node.clients.add(this);
    this.#connection = connection;
    this.#description = description;
    this.#sinceMs = node.options.clock.wallMs();
    this.#groups = new ProvedGroups(
      { schedulerId: node.options.store.schedulerId, challenge: connection.challenge },
      node.options.defer,
    );
    const old = node.workers.get(this.workerId);
    node.workers.set(this.workerId, this);
    old?.replaced();
    const { sandboxHost, sandboxes, paymentAddress } = description;
    const { peer } = connection;
    node.options.log('info', 'joined', {
      workerId: this.workerId,
      peer,
      sandboxHost,
      sandboxes,
      paymentAddress,
    });
    this.#reattached = this.#reattachLeases();
  }

  /** The worker's latest description, without groups whose secret it has not proved. */
  get description(): WorkerDescription {
    this.#visible ??= this.#withProvedGroups();
    return this.#visible;
  }

  #withProvedGroups(): WorkerDescription {
    const { groups } = this.#description;
    if (groups === undefined) return this.#description;
    return { ...this.#description, groups: groups.filter((group) => this.#groups.has(group)) };
  }

  get workerId(): string {
    return this.#description.workerId;
  }

  send(message: SchedulerMessage): void {
    if (message.type === 'lease.grant') this.#offered.add(message.lease.jobId);
    this.#connection.send(message);
  }

  get identity(): ClientIdentity {
    const { workerId, paymentAddress: address } = this.#description;
    return { workerId, address, peer: this.#connection.peer };
  }

  get stats(): Pick<WorkerListing, 'peer' | 'sinceMs' | 'slices' | 'failures'> {
    const { peer } = this.#connection;
    return { peer, sinceMs: this.#sinceMs, slices: this.#slices, failures: this.#failures };
  }

  /** Ends the connection for that reason; its leases are released at once. */
  dismiss(error: ManyhandsError): void {
    const { workerId } = this;
    for (const { leaseId, holder, next: from } of [...this.#node.leases.values()]) {
      if (holder !== this) continue;
      this.#node.commitQueue
        .submit('releaseLease', { leaseId, workerId, from })
        .catch((cause: unknown) => this.#log(cause));
    }
    this.#connection.dismiss(error);
  }

  /** The same worker has opened another connection. */
  replaced(): void {
    this.#detach();
    this.#connection.dismiss(
      new ManyhandsError('CLOSED', 'another connection of this worker has replaced this one'),
    );
  }

  async request(m: RequestMessage): Promise<{ done: Promise<object> }> {
    switch (m.type) {
      case 'ping':
        return { done: Promise.resolve({ nowMs: this.#node.options.clock.wallMs() }) };
      case 'job.package':
        return { done: Promise.resolve(await this.#package(m.jobId)) };
      case 'job.status':
        return { done: Promise.resolve(await this.#status(m.jobId)) };
      case 'account.show':
        return { done: Promise.resolve(await this.#account(m.address)) };
      case 'group.prove':
        await this.#groups.prove(m.proofs);
        this.#visible = undefined;
        this.#node.matchmaker.descriptionChanged(this);
        return { done: Promise.resolve({}) };
      case 'blob.ticket':
        return { done: Promise.resolve(await this.#ticket(m)) };
      case 'lease.report':
        await this.#checkOutcomes(m);
        return { done: this.#report(m) };
      case 'lease.release':
        return { done: this.#release(m) };
      case 'lease.renew':
        return { done: this.#renew(m.leaseIds) };
      default:
        throw new ManyhandsError('FORBIDDEN', `${m.type} is not a worker's message`, { type: m.type });
    }
  }

  notice(m: NoticeMessage): void {
    switch (m.type) {
      case 'worker.update':
        return this.#update(m.worker);
      case 'lease.request':
        return this.#node.matchmaker.add(this, m);
      case 'lease.withdraw':
        return this.#node.matchmaker.remove(this, m.request);
      case 'slice.console':
        return this.#forward(m.leaseId, ({ job: { jobId }, attempt }) => {
          const { sliceNumber, level, message, same } = m;
          const text = { sliceNumber, attempt, level, message, ...(same === undefined ? {} : { same }) };
          return { type: 'job.console', jobId, ...text };
        });
      case 'slice.progress':
        return this.#forward(m.leaseId, ({ job: { jobId } }) => {
          const { sliceNumber, progress } = m;
          return {
            type: 'job.progress',
            jobId,
            sliceNumber,
            ...(progress === undefined ? {} : { progress }),
          };
        });
      default:
        throw new ManyhandsError('FORBIDDEN', `${m.type} is not a worker's message`, { type: m.type });
    }
  }

  #update(worker: WorkerDescription): void {
    const second = Math.floor(this.#node.options.clock.monotonicMs() / 1_000);
    if (this.#updateRate.second !== second) this.#updateRate = { second, messages: 0 };
    if (++this.#updateRate.messages > WORKER_UPDATES_PER_SECOND_MAX) {
      throw new ManyhandsError('LIMIT_EXCEEDED', 'the worker updates its description too often', {
        limit: 'WORKER_UPDATES_PER_SECOND_MAX',
        max: WORKER_UPDATES_PER_SECOND_MAX,
        actual: this.#updateRate.messages,
      });
    }
    if (worker.workerId !== this.workerId) {
      throw new ManyhandsError('FORBIDDEN', 'a worker cannot change its id during a connection');
    }
    this.#description = worker;
    this.#visible = undefined;
    const banned = this.#node.bans.refusal(this.identity);
    if (banned !== undefined) throw banned;
    this.#node.matchmaker.descriptionChanged(this);
  }

  end(): void {
    this.#node.clients.delete(this);
    this.#detach();
    if (!this.#isCurrent) return;
    this.#node.workers.delete(this.workerId);
    const { workerId } = this;
    this.#node.options.log('info', 'left', { workerId, slices: this.#slices, failures: this.#failures });
    this.#node.commitQueue
      .submit('shortenLeases', { workerId: this.workerId })
      .catch((error: unknown) => this.#log(error));
  }

  #detach(): void {
    this.#node.matchmaker.drop(this);
    this.#node.leases.drop(this);
  }

  /** Reattaches the leases that the worker held before it reconnected; resolves with their ids. */
  async #reattachLeases(): Promise<string[]> {
    for (;;) {
      try {
        const { leases } = await this.#node.commitQueue.submit('reattachLeases', { workerId: this.workerId });
        if (!this.#isCurrent) return [];
        for (const lease of leases) {
          this.#offered.add(lease.job.jobId);
          this.#node.leases.add(this, lease, this.#node.options.clock.monotonicMs());
        }
        return leases.map(({ leaseId }) => leaseId);
      } catch (error) {
        this.#log(error);
        // Retried, because leases that are not reattached can be neither recalled nor revoked.
        if (!isStoreFailure(error) || !this.#isCurrent) return [];
      }
    }
  }

  /** Whether this is the worker's latest connection. */
  get #isCurrent(): boolean {
    return this.#node.workers.get(this.workerId) === this;
  }

  /** A job's package, only for jobs of which the worker was granted leases, on this connection or before it reconnected. */
  async #package(jobId: string): Promise<object> {
    // It may belong to a lease from before the worker reconnected.
    if (!this.#offered.has(jobId)) await this.#reattached;
    if (!this.#offered.has(jobId)) throw unknownJob(jobId);
    const { package: bytes, owner, offer } = await this.#readable(jobId);
    return { package: bytes, owner, ...(offer === undefined ? {} : { offer }) };
  }

  async #status(jobId: string): Promise<object> {
    return { status: (await this.#readable(jobId)).status };
  }

  /** The account of the worker's own payment address. @throws FORBIDDEN for any other */
  async #account(address: string): Promise<object> {
    if (address !== this.description.paymentAddress) {
      const text = 'a worker may only read the account of its own payment address';
      throw new ManyhandsError('FORBIDDEN', text, { address });
    }
    return { address, ...(await this.#node.options.store.account(address)) };
  }

  async #readable(jobId: string): Promise<JobView> {
    const job = await this.#node.options.store.job(jobId);
    // A worker outside the job's groups gets JOB_UNKNOWN. One that has blocked the job, its owner or its origins may read
    // it, because it may have sent this request before it blocked them.
    const allowOrigins = [...(job?.candidate.origins ?? [])];
    const reader = { ...this.description, blockedJobs: [], blockedOwners: [], allowOrigins };
    if (job === undefined || !isEligible(job.candidate, reader)) throw unknownJob(jobId);
    return job;
  }

  /** A ticket to upload a result. @throws FORBIDDEN for a worker without a lease */
  async #ticket({ digest, bytes }: Request<'blob.ticket'>): Promise<object> {
    const { leases } = await this.#node.commitQueue.submit('reattachLeases', { workerId: this.workerId });
    if (leases.length === 0) {
      throw new ManyhandsError('FORBIDDEN', 'a worker without a lease has no results to upload');
    }
    return issueTicket(this.#node, digest, bytes);
  }

  /** Checks a report's outcomes; malformed ones count as a lost attempt of the slice, which runs again elsewhere. */
  async #checkOutcomes({ leaseId, first, segment }: Request<'lease.report'>): Promise<void> {
    if (segment === undefined) return;
    await this.#reattached;
    // For a lease of another worker no blob is read: the store refuses the report, or returns the stored reply.
    if (this.#node.leases.get(leaseId)?.holder !== this) return;
    try {
      await checkOutcomes(this.#node.blobValues, segment);
    } catch (error) {
      if (!isError(error, 'SEGMENT_MALFORMED')) throw error;
      const failure = {
        code: 'LEASE_LOST',
        message: `its worker reported a malformed outcome: ${error.message}`,
      };
      const report = { type: 'lease.report' as const, leaseId, first, count: 0, computeMs: 0, failure };
      await this.#report(report).catch((refused: unknown) => this.#log(refused));
      throw error;
    }
  }

  async #report(m: Request<'lease.report'>): Promise<object> {
    const { leaseId, first, count, computeMs, segment, failure } = m;
    try {
      const { jobId, next, left, paid } = await this.#node.commitQueue.submit('report', {
        leaseId,
        workerId: this.workerId,
        first,
        count,
        computeMs,
        ...(segment === undefined ? {} : { segment }),
        ...(failure === undefined ? {} : { failure }),
      });
      this.#node.leases.progress(leaseId, next, left, this.#node.options.clock.monotonicMs());
      this.#slices += count;
      if (failure !== undefined) {
        this.#failures += 1;
        const { code, message: reason } = failure;
        const { workerId } = this;
        this.#node.options.log('info', 'failed', { workerId, jobId, slice: first + count, code, reason });
      }
      return { next, paid };
    } catch (error) {
      if (isError(error, 'LEASE_LOST')) this.#forget(leaseId);
      throw error;
    }
  }

  /** Renews leases. A worker that has reconnected first names all leases that it knows; the others are released. */
  async #renew(leaseIds: string[]): Promise<object> {
    const reattached = this.#hasRenewed ? [] : await this.#reattached;
    this.#hasRenewed = true;
    const unknown = reattached.filter((leaseId) => !leaseIds.includes(leaseId));
    const { workerId } = this;
    const { expired } = await this.#node.commitQueue.submit('renewLeases', { leaseIds, workerId, unknown });
    for (const leaseId of [...expired, ...unknown]) this.#forget(leaseId);
    return { expired };
  }

  #forget(leaseId: string): void {
    if (this.#node.leases.get(leaseId)?.holder === this) this.#node.leases.delete(leaseId);
  }

  async #release({ leaseId, from }: Request<'lease.release'>): Promise<object> {
    const { next, left } = await this.#node.commitQueue.submit('releaseLease', {
      leaseId,
      workerId: this.workerId,
      from,
      isRecalled: (this.#node.leases.get(leaseId)?.recalls ?? 0) > 0,
    });
    if (left === 0) this.#node.leases.releaseFrom(this, leaseId);
    else this.#node.leases.progress(leaseId, next, left, this.#node.options.clock.monotonicMs());
    return {};
  }

  /** Forwards a best-effort message to the job's followers, at a limited rate. */
  #forward(leaseId: string, message: (lease: LeaseRecord) => SchedulerMessage): void {
    const lease = this.#node.leases.get(leaseId);
    if (lease?.holder !== this) return;
    const second = Math.floor(this.#node.options.clock.monotonicMs() / 1_000);
    if (this.#forwardRate.second !== second) this.#forwardRate = { second, messages: 0 };
    if (++this.#forwardRate.messages > CONSOLE_MESSAGES_PER_SECOND_MAX) return;
    this.#node.followers.broadcast(lease.job.jobId, message(lease));
  }

  #log(error: unknown): void {
    const { code, message } = toWireError(error);
    if (code !== 'SHUTTING_DOWN')
      this.#node.options.log('warn', 'worker', { workerId: this.workerId, code, message });
  }
}
