/**
 * What a worker says over its connection: its wants, its outcomes, its signs of life.
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
import type { Core } from '../services/core.js';
import { issueTicket } from './deployer-session.js';
import type { HeldLease } from '../leasing/lease-registry.js';
import type { ConnectedWorker } from '../services/connected-clients.js';
import { OfferedJobs } from './offered-jobs.js';
import { isEligible } from '../policy/choose-job.js';
import { isStoreFailure } from '../store/port/store-failure.js';
import type { JobView } from '../store/port/store.js';
import type { WorkerListing } from '../../protocol/messages/operator-messages.js';
import type { Known } from '../services/bans.js';
import { ProvedGroups } from './proved-groups.js';

type Request<K extends keyof WorkerRequests> = WorkerRequests[K][0];

export class WorkerSession implements Session, ConnectedWorker {
  readonly #core: Core;
  readonly #connection: ClientConnection;
  /** The leases that it had when it came. */
  readonly #adopted: Promise<string[]>;
  #hasRenewed = false;
  #spoken = { second: 0, messages: 0 };
  #updated = { second: 0, messages: 0 };
  #description: WorkerDescription;
  /** It with those of its groups alone whose secrets are proved; made anew when either changes. */
  #shown: WorkerDescription | undefined;
  readonly #groups: ProvedGroups;
  readonly #offered = new OfferedJobs();
  /** Slices that it reported over this connection, and those that took their sandbox with them. */
  #slices = 0;
  #lost = 0;
  readonly #sinceMs: number;

  /** @throws BANNED */
  constructor(core: Core, connection: ClientConnection, description: WorkerDescription) {
    const { workerId, paymentAddress: identity } = description;
    const banned = core.bans.refusal({ workerId, identity });
    if (banned !== undefined) throw banned;
    this.#core = core;
    core.clients.add(this);
    this.#connection = connection;
    this.#description = description;
    this.#sinceMs = core.options.clock.wallMs();
    this.#groups = new ProvedGroups(
      { schedulerId: core.options.store.schedulerId, challenge: connection.challenge },
      core.options.defer,
    );
    const old = core.workers.get(this.workerId);
    core.workers.set(this.workerId, this);
    old?.replaced();
    const { isolation, sandboxes, paymentAddress } = description;
    const { peer } = connection;
    core.options.log('info', 'joined', {
      workerId: this.workerId,
      peer,
      isolation,
      sandboxes,
      paymentAddress,
    });
    this.#adopted = this.#adopt();
  }

  /** As the worker last said, with those of its groups alone whose secrets it has proved. */
  get description(): WorkerDescription {
    this.#shown ??= this.#withProvedGroups();
    return this.#shown;
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

  get known(): Known {
    const { workerId, paymentAddress: identity } = this.#description;
    return { workerId, identity, peer: this.#connection.peer };
  }

  get stats(): Pick<WorkerListing, 'peer' | 'sinceMs' | 'slices' | 'lost'> {
    return { peer: this.#connection.peer, sinceMs: this.#sinceMs, slices: this.#slices, lost: this.#lost };
  }

  /** Ends its connection for that reason; its leases come back at once. */
  dismiss(error: ManyhandsError): void {
    const { workerId } = this;
    for (const { leaseId, holder, next: from } of [...this.#core.leases.values()]) {
      if (holder !== this) continue;
      this.#core.tick
        .submit('giveBack', { leaseId, workerId, from })
        .catch((cause: unknown) => this.#log(cause));
    }
    this.#connection.dismiss(error);
  }

  /** The same worker has come back over another connection. */
  replaced(): void {
    this.#leave();
    this.#connection.dismiss(
      new ManyhandsError('CLOSED', 'another connection of this worker has taken its place'),
    );
  }

  async request(m: RequestMessage): Promise<{ done: Promise<object> }> {
    switch (m.type) {
      case 'ping':
        return { done: Promise.resolve({ nowMs: this.#core.options.clock.wallMs() }) };
      case 'job.package':
        return { done: Promise.resolve(await this.#package(m.jobId)) };
      case 'job.status':
        return { done: Promise.resolve(await this.#status(m.jobId)) };
      case 'account.show':
        return { done: Promise.resolve(await this.#account(m.address)) };
      case 'group.prove':
        await this.#groups.prove(m.proofs);
        this.#shown = undefined;
        this.#core.market.renew(this);
        return { done: Promise.resolve({}) };
      case 'blob.ticket':
        return { done: Promise.resolve(await this.#ticket(m)) };
      case 'lease.report':
        await this.#checkOutcomes(m);
        return { done: this.#report(m) };
      case 'lease.return':
        return { done: this.#return(m) };
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
      case 'lease.want': {
        const { want, idle, warm, warmJobs, warmWorktimes } = m;
        return this.#core.market.add(this, { want, idle, warmth: { warm, warmJobs, warmWorktimes } });
      }
      case 'lease.unwant':
        return this.#core.market.remove(this, m.want);
      case 'slice.console':
        return this.#tell(m.leaseId, ({ job: { jobId }, attempt }) => {
          const { sliceNumber, level, message, same } = m;
          const text = { sliceNumber, attempt, level, message, ...(same === undefined ? {} : { same }) };
          return { type: 'job.console', jobId, ...text };
        });
      case 'slice.progress':
        return this.#tell(m.leaseId, ({ job: { jobId } }) => {
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
    const second = Math.floor(this.#core.options.clock.monotonicMs() / 1_000);
    if (this.#updated.second !== second) this.#updated = { second, messages: 0 };
    if (++this.#updated.messages > WORKER_UPDATES_PER_SECOND_MAX) {
      throw new ManyhandsError('LIMIT_EXCEEDED', 'the worker describes itself anew too often', {
        limit: 'WORKER_UPDATES_PER_SECOND_MAX',
        max: WORKER_UPDATES_PER_SECOND_MAX,
        actual: this.#updated.messages,
      });
    }
    if (worker.workerId !== this.workerId) {
      throw new ManyhandsError('FORBIDDEN', 'a worker keeps its id as long as its connection lasts');
    }
    this.#description = worker;
    this.#shown = undefined;
    const banned = this.#core.bans.refusal(this.known);
    if (banned !== undefined) throw banned;
    this.#core.market.renew(this);
  }

  end(): void {
    this.#core.clients.delete(this);
    this.#leave();
    if (!this.#isCurrent) return;
    this.#core.workers.delete(this.workerId);
    const { workerId } = this;
    this.#core.options.log('info', 'left', { workerId, slices: this.#slices, lost: this.#lost });
    this.#core.tick.submit('orphan', { workerId: this.workerId }).catch((error: unknown) => this.#log(error));
  }

  #leave(): void {
    this.#core.market.drop(this);
    this.#core.leases.drop(this);
  }

  /** Leases of before a lost connection live on. */
  async #adopt(): Promise<string[]> {
    for (;;) {
      try {
        const { leases } = await this.#core.tick.submit('adopt', { workerId: this.workerId });
        if (!this.#isCurrent) return [];
        for (const lease of leases) {
          this.#offered.add(lease.job.jobId);
          this.#core.leases.add(this, lease, this.#core.options.clock.monotonicMs());
        }
        return leases.map(({ leaseId }) => leaseId);
      } catch (error) {
        this.#log(error);
        // Without it nobody could call these leases back, or hear that they are over.
        if (!isStoreFailure(error) || !this.#isCurrent) return [];
      }
    }
  }

  /** Whether this is the worker's connection, and not one of before. */
  get #isCurrent(): boolean {
    return this.#core.workers.get(this.workerId) === this;
  }

  /** Of a job that it was offered slices of, here or before it came back: nobody reads what waits for others. */
  async #package(jobId: string): Promise<object> {
    // It may be of a lease that the worker had before it came back.
    if (!this.#offered.has(jobId)) await this.#adopted;
    if (!this.#offered.has(jobId)) throw unknownJob(jobId);
    const { package: bytes, owner, offer } = await this.#readable(jobId);
    return { package: bytes, owner, ...(offer === undefined ? {} : { offer }) };
  }

  async #status(jobId: string): Promise<object> {
    await this.#readable(jobId);
    const found = await this.#core.options.store.status(jobId);
    return { status: found!.status };
  }

  /** An account is shown to whoever is paid into it, and to no other worker. */
  async #account(address: string): Promise<object> {
    if (address !== this.description.paymentAddress) {
      const text = 'a worker may see the account of its own payment address alone';
      throw new ManyhandsError('FORBIDDEN', text, { address });
    }
    return { address, ...(await this.#core.options.store.account(address)) };
  }

  async #readable(jobId: string): Promise<JobView> {
    const job = await this.#core.options.store.job(jobId);
    // Who may not run it need not know that it is there: its source and files are for its groups alone. Who does not
    // want it may have asked before it knew.
    const allowOrigins = [...(job?.candidate.origins ?? [])];
    const reader = { ...this.description, blockedJobs: [], blockedOwners: [], allowOrigins };
    if (job === undefined || !isEligible(job.candidate, reader)) throw unknownJob(jobId);
    return job;
  }

  /** Only who has slices to report may put results. */
  async #ticket({ digest, bytes }: Request<'blob.ticket'>): Promise<object> {
    const { leases } = await this.#core.tick.submit('adopt', { workerId: this.workerId });
    if (leases.length === 0) {
      throw new ManyhandsError('FORBIDDEN', 'a worker without a lease has no results to put');
    }
    return issueTicket(this.#core, digest, bytes);
  }

  /** Who reports what cannot be read has not done the slice: it is charged an attempt, and goes to somebody else. */
  async #checkOutcomes({ leaseId, first, segment }: Request<'lease.report'>): Promise<void> {
    if (segment === undefined) return;
    try {
      await checkOutcomes(this.#core.blobValues, segment);
    } catch (error) {
      if (!isError(error, 'SEGMENT_MALFORMED')) throw error;
      const lost = {
        code: 'LEASE_LOST',
        message: `its worker reported what is no outcome: ${error.message}`,
      };
      const loss = { type: 'lease.report' as const, leaseId, first, count: 0, computeMs: 0, lost };
      await this.#report(loss).catch((refused: unknown) => this.#log(refused));
      throw error;
    }
  }

  async #report(m: Request<'lease.report'>): Promise<object> {
    const { leaseId, first, count, computeMs, segment, lost } = m;
    try {
      const { jobId, next, left, paid } = await this.#core.tick.submit('report', {
        leaseId,
        workerId: this.workerId,
        first,
        count,
        computeMs,
        ...(segment === undefined ? {} : { segment }),
        ...(lost === undefined ? {} : { lost }),
      });
      this.#core.leases.progress(leaseId, next, left, this.#core.options.clock.monotonicMs());
      this.#slices += count;
      if (lost !== undefined) {
        this.#lost += 1;
        const { code, message: reason } = lost;
        const { workerId } = this;
        this.#core.options.log('info', 'failed', { workerId, jobId, slice: first + count, code, reason });
      }
      return { next, paid };
    } catch (error) {
      if (isError(error, 'LEASE_LOST')) this.#forget(leaseId);
      throw error;
    }
  }

  /** A worker that has come back names first, before it wants more, every lease that it knows of. */
  async #renew(leaseIds: string[]): Promise<object> {
    const had = this.#hasRenewed ? [] : await this.#adopted;
    this.#hasRenewed = true;
    const unknown = had.filter((leaseId) => !leaseIds.includes(leaseId));
    const { workerId } = this;
    const { lost } = await this.#core.tick.submit('renew', { leaseIds, workerId, unknown });
    for (const leaseId of [...lost, ...unknown]) this.#forget(leaseId);
    return { lost };
  }

  #forget(leaseId: string): void {
    if (this.#core.leases.get(leaseId)?.holder === this) this.#core.leases.delete(leaseId);
  }

  async #return({ leaseId, from }: Request<'lease.return'>): Promise<object> {
    const { next, left } = await this.#core.tick.submit('giveBack', {
      leaseId,
      workerId: this.workerId,
      from,
      isRecalled: (this.#core.leases.get(leaseId)?.recalls ?? 0) > 0,
    });
    if (left === 0) this.#core.leases.giveBack(this, leaseId);
    else this.#core.leases.progress(leaseId, next, left, this.#core.options.clock.monotonicMs());
    return {};
  }

  /** Forwards what may be lost to the job's followers, as long as the worker is not too loud. */
  #tell(leaseId: string, message: (held: HeldLease) => SchedulerMessage): void {
    const held = this.#core.leases.get(leaseId);
    if (held?.holder !== this) return;
    const second = Math.floor(this.#core.options.clock.monotonicMs() / 1_000);
    if (this.#spoken.second !== second) this.#spoken = { second, messages: 0 };
    if (++this.#spoken.messages > CONSOLE_MESSAGES_PER_SECOND_MAX) return;
    this.#core.followers.tell(held.job.jobId, message(held));
  }

  #log(error: unknown): void {
    const { code, message } = toWireError(error);
    if (code !== 'SHUTTING_DOWN')
      this.#core.options.log('warn', 'worker', { workerId: this.workerId, code, message });
  }
}

const unknownJob = (jobId: string): ManyhandsError =>
  new ManyhandsError('JOB_UNKNOWN', `no job ${jobId} is known here`, { jobId });
