/**
 * A scheduler node without its sockets: what sessions share. The composition root gives it its store and ports.
 * @module
 */
import { delay, type Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import { ManyhandsError } from '../../lib/errors.js';
import type { Random } from '../../lib/crypto/random.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import { Bans } from './bans.js';
import { BlobValues } from '../blobs/blob-values.js';
import { BlobTickets, type BlobStore } from '../blobs/blobs.js';
import { ConnectedRoster } from '../leasing/connected-roster.js';
import { Followers } from './followers.js';
import { HeldLeases } from '../leasing/lease-registry.js';
import type { Log } from '../log/log.js';
import { Market, type Customer } from '../leasing/matchmaker.js';
import { Eligibility } from '../policy/choose-job.js';
import { ProofQueue } from './proof-queue.js';
import type { Notes, Store } from '../store/port/store.js';
import { Tick } from '../commit/commit-queue.js';
import type { ConnectedWorker, BannedClient } from './connected-clients.js';

export interface CoreOptions {
  store: Store;
  blobs: BlobStore;
  clock: Clock;
  random: Random;
  /** Calls back soon, after what is ready now has been read (setImmediate in Node). */
  defer: (fn: () => void) => void;
  log: Log;
  worktimes: readonly WorktimeName[];
  /** Units; a job that offers less a slice is refused. */
  minimumPrice: bigint;
  /** What an operator shows in its hello. */
  operatorToken: string;
}

/** How often leases are counted while it drains, milliseconds. */
const DRAIN_LOOK_MS = 50;
/** How often deadlines of leases are looked at, milliseconds. */
const EXPIRY_INTERVAL_MS = 500;
/** How often an idle store is looked at, milliseconds. */
const PROBE_INTERVAL_MS = 5_000;

export class Core {
  readonly options: CoreOptions;
  readonly tick: Tick;
  readonly followers: Followers;
  readonly leases = new HeldLeases((holder) => this.roster.touch(holder));
  readonly market: Market;
  readonly roster: ConnectedRoster;
  readonly tickets: BlobTickets;
  readonly blobValues: BlobValues;
  readonly proofs: ProofQueue;
  /** Connected workers by their id: one that comes back takes the place of its old connection. */
  readonly workers = new Map<string, ConnectedWorker>();
  #cancelExpiry: (() => void) | undefined;
  #probedMs = 0;
  #isClosed = false;
  #isDraining = false;
  /** Monotonic milliseconds. */
  #drainUntilMs = Infinity;
  readonly #drained = deferred();
  #isDrainedSaid = false;
  readonly bans = new Bans([]);
  /** Everybody who is connected and has said who they are. */
  readonly clients = new Set<BannedClient>();

  private constructor(options: CoreOptions) {
    const { store, clock, random, log } = options;
    this.options = options;
    const onNotes = (notes: Notes): void => this.#heed(notes);
    const roster = (): ConnectedRoster => this.roster;
    this.tick = new Tick({ store, roster, clock, defer: options.defer, log, onNotes });
    this.followers = new Followers({ store, clock, log });
    const isClosed = (): boolean => this.#isDraining;
    const { tick, leases } = this;
    const eligibility = new Eligibility();
    const presence = {
      onActive: (worker: Customer) => this.roster.touch(worker),
      onGone: (worker: Customer) => this.roster.forget(worker),
    };
    this.market = new Market({ tick, leases, eligibility, clock, random, log, isClosed, ...presence });
    this.roster = new ConnectedRoster(clock, this.workers, this.market, leases, eligibility);
    this.tickets = new BlobTickets(clock, random);
    this.blobValues = new BlobValues(options.blobs);
    this.proofs = new ProofQueue(options.defer);
  }

  /** A node on that store; leases of before a restart get the time to be found again. */
  static async start(options: CoreOptions): Promise<Core> {
    const core = new Core(options);
    await core.loadBans();
    await core.tick.submit('revive', {});
    core.#watchDeadlines();
    return core;
  }

  /** Takes the list of bans from the store, and ends the connections of those that it hits. */
  async loadBans(): Promise<void> {
    this.bans.replace(await this.options.store.bans());
    for (const client of [...this.clients]) {
      const refusal = this.bans.refusal(client.known);
      if (refusal !== undefined) client.dismiss(refusal);
    }
  }

  /** Whether new jobs are refused and nothing is lent any more. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** After `limitMs` it counts as drained, whatever is still leased; where that is absent, a limit of before stays. */
  drain(on: boolean, limitMs?: number): void {
    if (limitMs !== undefined) this.#drainUntilMs = this.options.clock.monotonicMs() + limitMs;
    if (on === this.#isDraining && limitMs === undefined) return;
    const isChanged = on !== this.#isDraining;
    this.#isDraining = on;
    this.#isDrainedSaid = false;
    const limit = limitMs === undefined ? {} : { limitMs };
    this.options.log('warn', 'draining', { on, leases: this.leases.size, ...limit });
    if (!on) this.#drainUntilMs = Infinity;
    if (isChanged && !on) this.market.wakeAll();
  }

  /** Drains; resolves with whether all leases are back, or at the end of that time. */
  async drained(limitMs = Infinity): Promise<boolean> {
    this.drain(true);
    const { clock } = this.options;
    const until = clock.monotonicMs() + limitMs;
    while (this.leases.size > 0 && this.#isDraining && clock.monotonicMs() < until)
      await delay(clock, DRAIN_LOOK_MS);
    this.#lookDrained();
    return this.leases.size === 0;
  }

  /** Resolves when it drains and all leases are back, or its time is over. */
  get whenDrained(): Promise<void> {
    return this.#drained.promise;
  }

  /** Takes no more commands; resolves when all that was taken is committed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelExpiry?.();
    this.market.close();
    await this.tick.close();
  }

  #heed(notes: Notes): void {
    for (const jobId of notes.journal) this.followers.wake(jobId);
    for (const { leaseId, reason } of notes.revoked) {
      this.leases.get(leaseId)?.holder.send({ type: 'lease.revoke', leaseId, reason });
      this.leases.delete(leaseId);
    }
    if (notes.work.size > 0) this.market.wake([...notes.work.values()]);
    for (const { event, ...fields } of notes.jobs) this.options.log('info', event, fields);
  }

  #watchDeadlines(): void {
    if (this.#isClosed) return;
    this.#cancelExpiry = this.options.clock.after(EXPIRY_INTERVAL_MS, () => void this.#expire(), {
      background: true,
    });
  }

  async #expire(): Promise<void> {
    const { store, clock, log } = this.options;
    if (clock.monotonicMs() - this.#probedMs >= PROBE_INTERVAL_MS) {
      this.#probedMs = clock.monotonicMs();
      await this.tick.probe();
    }
    try {
      const deadline = await store.nextDeadline();
      if (deadline !== undefined && deadline <= clock.wallMs()) await this.tick.submit('expire', {});
    } catch (error) {
      if (!this.#isClosed) log('error', 'expiry failed', { error: String(error) });
    }
    if (this.#lookDrained()) this.#drained.resolve();
    this.#watchDeadlines();
  }

  /** Whether it drains and all leases are back, or its time is over, which is logged once. */
  #lookDrained(): boolean {
    const { clock, log } = this.options;
    const leases = this.leases.size;
    if (!this.#isDraining || (leases > 0 && clock.monotonicMs() < this.#drainUntilMs)) return false;
    if (!this.#isDrainedSaid) log(leases > 0 ? 'warn' : 'info', 'drained', leases > 0 ? { leases } : {});
    this.#isDrainedSaid = true;
    return true;
  }
}

/** The refusal of a job that this scheduler has no worktime for. */
export function unknownWorktime(name: string, range: string, there: readonly WorktimeName[]): ManyhandsError {
  const available = there.map((w) => `${w.name} ${w.version}`);
  return new ManyhandsError(
    'WORKTIME_UNKNOWN',
    `no worktime ${name} ${range} here: there is ${available.join(', ')}`,
    { name, range, available },
  );
}
