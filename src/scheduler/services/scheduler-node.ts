/**
 * A scheduler node without its sockets: the services that sessions share. The composition root supplies store and ports.
 * @module
 */
import { delay, type Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import { ManyhandsError } from '../../lib/errors.js';
import type { Random } from '../../lib/crypto/random.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import { Bans } from './bans.js';
import { BlobValues } from '../blobs/blob-values.js';
import { BlobTickets, type BlobStore } from '../blobs/blob-store.js';
import { ConnectedRoster } from '../leasing/connected-roster.js';
import { Followers } from './followers.js';
import { LeaseRegistry } from '../leasing/lease-registry.js';
import type { Log } from '../log/log.js';
import { Matchmaker, type WorkerHandle } from '../leasing/matchmaker.js';
import { EligibilityCache } from '../policy/choose-job.js';
import { ProofQueue } from './proof-queue.js';
import type { CommitEvents, Store } from '../store/port/store.js';
import { CommitQueue } from '../commit/commit-queue.js';
import type { ConnectedWorker, BannableClient } from './connected-clients.js';

export interface SchedulerNodeOptions {
  store: Store;
  blobs: BlobStore;
  clock: Clock;
  random: Random;
  /** Schedules a callback after pending I/O events (setImmediate in Node). */
  defer: (fn: () => void) => void;
  log: Log;
  worktimes: readonly WorktimeName[];
  /** Units; a job that offers less for a slice is refused. */
  minimumPrice: bigint;
  /** The token that an operator sends in its hello. */
  operatorToken: string;
}

/** Polling interval of the active leases while it drains, milliseconds. */
const DRAIN_POLL_MS = 50;
/** Polling interval of lease deadlines, milliseconds. */
const EXPIRY_INTERVAL_MS = 500;
/** Interval between two probes of an idle store, milliseconds. */
const PROBE_INTERVAL_MS = 5_000;

export class SchedulerNode {
  readonly options: SchedulerNodeOptions;
  readonly commitQueue: CommitQueue;
  readonly followers: Followers;
  readonly leases = new LeaseRegistry((holder) => this.roster.touch(holder));
  readonly matchmaker: Matchmaker;
  readonly roster: ConnectedRoster;
  readonly tickets: BlobTickets;
  readonly blobValues: BlobValues;
  readonly proofs: ProofQueue;
  /** Connected workers by id: a worker that reconnects replaces its old connection. */
  readonly workers = new Map<string, ConnectedWorker>();
  #cancelExpiry: (() => void) | undefined;
  #probedMs = 0;
  #isClosed = false;
  #isDraining = false;
  /** Monotonic milliseconds. */
  #drainUntilMs = Infinity;
  readonly #drained = deferred();
  #isDrainedLogged = false;
  readonly bans = new Bans([]);
  /** All connected clients that have sent their hello. */
  readonly clients = new Set<BannableClient>();

  private constructor(options: SchedulerNodeOptions) {
    const { store, clock, random, log } = options;
    this.options = options;
    const onCommitted = (events: CommitEvents): void => this.#publish(events);
    const roster = (): ConnectedRoster => this.roster;
    this.commitQueue = new CommitQueue({ store, roster, clock, defer: options.defer, log, onCommitted });
    this.followers = new Followers({ store, clock, log });
    const isClosed = (): boolean => this.#isDraining;
    const { commitQueue, leases } = this;
    const eligibility = new EligibilityCache();
    const presence = {
      onActive: (worker: WorkerHandle) => this.roster.touch(worker),
      onGone: (worker: WorkerHandle) => this.roster.forget(worker),
    };
    this.matchmaker = new Matchmaker({
      commitQueue,
      leases,
      eligibility,
      clock,
      random,
      log,
      isClosed,
      ...presence,
    });
    this.roster = new ConnectedRoster(clock, this.workers, this.matchmaker, leases, eligibility);
    this.tickets = new BlobTickets(clock, random);
    this.blobValues = new BlobValues(options.blobs);
    this.proofs = new ProofQueue(options.defer);
  }

  /** Starts a node on that store; deadlines of leases from before a restart are extended. */
  static async start(options: SchedulerNodeOptions): Promise<SchedulerNode> {
    const node = new SchedulerNode(options);
    await node.loadBans();
    await node.commitQueue.submit('extendLeasesAfterRestart', {});
    node.#scheduleExpiry();
    return node;
  }

  /** Loads the bans from the store, and ends the connections that they name. */
  async loadBans(): Promise<void> {
    this.bans.replace(await this.options.store.bans());
    for (const client of [...this.clients]) {
      const refusal = this.bans.refusal(client.identity);
      if (refusal !== undefined) client.dismiss(refusal);
    }
  }

  /** Whether new jobs are refused and no leases are granted. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Starts or stops draining. After `limitMs` the node counts as drained in any case; absent, an earlier limit stays. */
  drain(on: boolean, limitMs?: number): void {
    if (limitMs !== undefined) this.#drainUntilMs = this.options.clock.monotonicMs() + limitMs;
    if (on === this.#isDraining && limitMs === undefined) return;
    const isChanged = on !== this.#isDraining;
    this.#isDraining = on;
    this.#isDrainedLogged = false;
    const limit = limitMs === undefined ? {} : { limitMs };
    this.options.log('warn', 'draining', { on, leases: this.leases.size, ...limit });
    if (!on) this.#drainUntilMs = Infinity;
    if (isChanged && !on) this.matchmaker.wakeAll();
  }

  /** Drains; resolves when all leases have ended, or after `limitMs`, with whether they have. */
  async drained(limitMs = Infinity): Promise<boolean> {
    this.drain(true);
    const { clock } = this.options;
    const until = clock.monotonicMs() + limitMs;
    while (this.leases.size > 0 && this.#isDraining && clock.monotonicMs() < until)
      await delay(clock, DRAIN_POLL_MS);
    this.#checkDrained();
    return this.leases.size === 0;
  }

  /** Resolves when it drains and all leases have ended, or its time limit has passed. */
  get whenDrained(): Promise<void> {
    return this.#drained.promise;
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
    if (this.#checkDrained()) this.#drained.resolve();
    this.#scheduleExpiry();
  }

  /** Whether it drains and all leases have ended or its time limit has passed; logged once. */
  #checkDrained(): boolean {
    const { clock, log } = this.options;
    const leases = this.leases.size;
    if (!this.#isDraining || (leases > 0 && clock.monotonicMs() < this.#drainUntilMs)) return false;
    if (!this.#isDrainedLogged) log(leases > 0 ? 'warn' : 'info', 'drained', leases > 0 ? { leases } : {});
    this.#isDrainedLogged = true;
    return true;
  }
}

/** The error for a job whose worktime this scheduler does not have. */
export function unknownWorktime(name: string, range: string, known: readonly WorktimeName[]): ManyhandsError {
  const available = known.map((w) => `${w.name} ${w.version}`);
  return new ManyhandsError(
    'WORKTIME_UNKNOWN',
    `this scheduler has no worktime ${name} ${range}: choose one of ${available.join(', ')}`,
    { name, range, available },
  );
}
