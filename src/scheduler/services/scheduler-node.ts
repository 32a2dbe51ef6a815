/**
 * A scheduler node without its sockets: the services that sessions call, and what they share. The composition root supplies
 * store and ports.
 * @module
 */
import { BlobTickets } from '../blobs/blob-store.js';
import { BlobValues } from '../blobs/blob-values.js';
import { CommitQueue } from '../commit/commit-queue.js';
import { ConnectedRoster } from '../leasing/connected-roster.js';
import { LeaseRegistry } from '../leasing/lease-registry.js';
import { Matchmaker } from '../leasing/matchmaker.js';
import type { WorkerHandle } from '../leasing/worker-handle.js';
import { EligibilityCache } from '../policy/choose-job.js';
import type { CommitEvents } from '../store/port/store.js';
import { AccountService } from './account-service.js';
import { Bans, type BannableClient } from '../clients/bans.js';
import { BlobService } from './blob-service.js';
import type { ConnectedWorker } from '../clients/connected-worker.js';
import { Draining } from './draining.js';
import { Followers } from '../clients/followers.js';
import { IdentityService } from './identity-service.js';
import { JobQueries } from './job-queries.js';
import { JobService } from './job-service.js';
import { LeaseService } from './lease-service.js';
import { LiveMessages } from './live-messages.js';
import { OperatorService } from './operator-service.js';
import { ProofQueue } from '../clients/proof-queue.js';
import { TurnBudget } from '../clients/turn-budget.js';
import type { SchedulerNodeOptions, ServiceContext } from './service-context.js';
import { WorkerService } from './worker-service.js';

/** Polling interval of lease deadlines, milliseconds. */
const EXPIRY_INTERVAL_MS = 500;
/** Interval between two probes of an idle store, milliseconds. */
const PROBE_INTERVAL_MS = 5_000;

/** The use cases, which know no socket. */
export interface Services {
  readonly jobs: JobService;
  readonly queries: JobQueries;
  readonly accounts: AccountService;
  readonly blobs: BlobService;
  readonly identities: IdentityService;
  readonly operator: OperatorService;
  readonly workers: WorkerService;
  readonly leases: LeaseService;
  readonly live: LiveMessages;
}

export class SchedulerNode implements ServiceContext {
  readonly options: SchedulerNodeOptions;
  readonly services: Services;
  readonly commitQueue: CommitQueue;
  readonly followers: Followers;
  readonly leases = new LeaseRegistry((holder) => this.roster.touch(holder));
  readonly matchmaker: Matchmaker;
  readonly roster: ConnectedRoster;
  readonly tickets: BlobTickets;
  readonly blobValues: BlobValues;
  readonly proofs: ProofQueue;
  /** Executes the requests of all clients. */
  readonly turns: TurnBudget;
  readonly draining: Draining;
  readonly bans = new Bans([]);
  readonly workers = new Map<string, ConnectedWorker>();
  readonly clients = new Set<BannableClient>();
  #cancelExpiry: (() => void) | undefined;
  #probedMs = 0;
  #isClosed = false;

  private constructor(options: SchedulerNodeOptions) {
    const { store, clock, random, log, defer } = options;
    this.options = options;
    const onCommitted = (events: CommitEvents): void => this.#publish(events);
    const roster = (): ConnectedRoster => this.roster;
    this.commitQueue = new CommitQueue({ store, roster, clock, defer, log, onCommitted });
    this.followers = new Followers({ store, clock, log });
    this.draining = new Draining({
      clock,
      log,
      leases: () => this.leases.size,
      onResumed: () => this.matchmaker.wakeAll(),
    });
    const { commitQueue, leases } = this;
    const eligibility = new EligibilityCache();
    this.matchmaker = new Matchmaker({
      commitQueue,
      leases,
      eligibility,
      clock,
      random,
      log,
      isClosed: () => this.draining.isOn,
      onActive: (worker: WorkerHandle) => this.roster.touch(worker),
      onGone: (worker: WorkerHandle) => this.roster.forget(worker),
    });
    this.roster = new ConnectedRoster(clock, this.workers, this.matchmaker, leases, eligibility);
    this.tickets = new BlobTickets(clock, random);
    this.blobValues = new BlobValues(options.blobs);
    this.proofs = new ProofQueue(defer);
    this.turns = new TurnBudget({ clock, defer });
    this.services = servicesOf(this);
  }

  /** Starts a node on that store; deadlines of leases from before a restart are extended. */
  static async start(options: SchedulerNodeOptions): Promise<SchedulerNode> {
    const node = new SchedulerNode(options);
    await node.services.operator.loadBans();
    await node.commitQueue.submit('extendLeasesAfterRestart', {});
    node.#scheduleExpiry();
    return node;
  }

  /** Accepts no more commands; resolves when all accepted ones are committed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelExpiry?.();
    this.matchmaker.close();
    await this.commitQueue.close();
  }

  /** Notifies followers, lease holders, waiting workers and the log of a commit. */
  #publish(events: CommitEvents): void {
    for (const jobId of events.journal) this.followers.wake(jobId);
    for (const { leaseId, reason } of events.revoked) {
      this.leases.get(leaseId)?.holder.send({ type: 'lease.revoke', leaseId, reason });
      this.leases.delete(leaseId);
    }
    if (events.work.size > 0) this.matchmaker.wake([...events.work.values()]);
    for (const { event, ...fields } of events.jobs) this.options.log('info', event, fields);
  }

  #scheduleExpiry(): void {
    if (this.#isClosed) return;
    this.#cancelExpiry = this.options.clock.after(EXPIRY_INTERVAL_MS, () => void this.#expire(), {
      background: true,
    });
  }

  async #expire(): Promise<void> {
    const { store, clock, log } = this.options;
    if (clock.monotonicMs() - this.#probedMs >= PROBE_INTERVAL_MS) {
      this.#probedMs = clock.monotonicMs();
      await this.commitQueue.probe();
    }
    try {
      const deadline = await store.nextDeadline();
      if (deadline !== undefined && deadline <= clock.wallMs())
        await this.commitQueue.submit('expireLeases', {});
    } catch (error) {
      if (!this.#isClosed) log('error', 'expiry failed', { error: String(error) });
    }
    this.draining.check();
    this.#scheduleExpiry();
  }
}

function servicesOf(context: ServiceContext): Services {
  const accounts = new AccountService(context);
  const blobs = new BlobService(context);
  const leases = new LeaseService(context);
  return {
    jobs: new JobService(context),
    queries: new JobQueries(context.options.store),
    accounts,
    blobs,
    identities: new IdentityService(context),
    operator: new OperatorService(context),
    workers: new WorkerService(context, { leases, accounts, blobs }),
    leases,
    live: new LiveMessages(context),
  };
}
