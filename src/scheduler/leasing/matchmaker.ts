/**
 * Where sandboxes that want work meet jobs that have some. Wants that cannot be served wait here (in memory: a worker
 * that comes back says them again), and are tried again whenever work may have appeared.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import { LEASES_PER_WORKER_MAX, RECALL_IGNORED_MS } from '../../protocol/limits.js';
import type { Warmth, WorkerDescription } from '../../protocol/messages/messages.js';
import type { HeldLease, HeldLeases, LeaseHolder } from './lease-registry.js';
import type { Log } from '../log/log.js';
import type { Candidate, Eligibility } from '../policy/choose-job.js';
import { chooseRecall } from '../policy/choose-recall.js';
import { isStoreFailure } from '../store/port/store-failure.js';
import type { Commands } from '../store/port/store.js';
import type { Tick } from '../commit/commit-queue.js';

export interface Want {
  /** The worker's number for it. */
  readonly want: number;
  /** What starts at once for it. */
  readonly warmth?: Warmth;
  /** Whether the sandbox has nothing to do now; the others ask ahead. */
  readonly idle: boolean;
}

export interface Customer extends LeaseHolder {
  readonly description: WorkerDescription;
}

export interface MarketOptions {
  tick: Tick;
  leases: HeldLeases;
  eligibility: Eligibility;
  clock: Clock;
  random: Random;
  log: Log;
  /** Whether nothing is lent now. @default never */
  isClosed?: () => boolean;
  /** Hears of each customer that asks for work or has described itself anew, and of each that goes. @default nobody */
  onActive?: (customer: Customer) => void;
  onGone?: (customer: Customer) => void;
}

/** While sandboxes stand idle, leases are looked at again so often for a tail to recall, milliseconds. */
const RECALL_INTERVAL_MS = 25;
/** A worker that the store could not serve is tried again after so long, milliseconds. */
const RETRY_MS = 1_000;
/** How often a worker looks again whether what waits for other workers is its own by now, milliseconds. */
const HELD_BACK_LOOK_MS = 1_000;
/** A worker that describes itself anew has all jobs looked at so often in a second, and behind that after so long, milliseconds. */
const RELOOKS_PER_SECOND_MAX = 8;
const RELOOK_MS = 1_000;
/** Leases that are looked at in one round, once for each worker: many idle workers must not take all of the time. */
const RECALL_LOOKS_MAX = 5_000;

/** What is known of one customer. */
interface CustomerState {
  readonly wants: Map<number, Want>;
  isServing: boolean;
  /** Whether to look again after that. */
  again: boolean;
  /** It was looked through all jobs, and none of them was for it; that stays so until one of `wake` is. */
  hasNothing: boolean;
  /** Looks for a new description in this second of the clock. */
  relooks: { second: number; count: number };
  cancelLook: (() => void) | undefined;
}

export class Market {
  readonly #options: MarketOptions;
  readonly #customers = new Map<Customer, CustomerState>();
  /** Those with a sandbox that has nothing to do. */
  readonly #idle = new Set<Customer>();
  /** Those for whom there is only what waits for other workers. */
  readonly #heldBack = new Set<Customer>();
  #cancelRecall: (() => void) | undefined;
  /** The idle worker that the next round begins with. */
  #recallFrom = 0;

  constructor(options: MarketOptions) {
    this.#options = options;
  }

  add(customer: Customer, want: Want): void {
    const state = this.#customers.get(customer) ?? newState();
    const { wants } = state;
    if (wants.size >= LEASES_PER_WORKER_MAX) {
      throw new ManyhandsError('LIMIT_EXCEEDED', 'too many wants of one worker at once', {
        limit: 'LEASES_PER_WORKER_MAX',
        max: LEASES_PER_WORKER_MAX,
        actual: wants.size + 1,
      });
    }
    this.#customers.set(customer, state);
    wants.set(want.want, want);
    this.#noteIdle(customer, state);
    this.#options.onActive?.(customer);
    if (state.hasNothing) this.#recallSoon();
    else this.#serve(customer);
  }

  remove(customer: Customer, want: number): void {
    const state = this.#customers.get(customer);
    if (state === undefined) return;
    state.wants.delete(want);
    this.#noteIdle(customer, state);
  }

  /** What the customer takes has changed: all jobs are looked at again, for one customer only so often. */
  renew(customer: Customer): void {
    this.#options.onActive?.(customer);
    const state = this.#customers.get(customer);
    if (state === undefined) return;
    const second = Math.floor(this.#options.clock.monotonicMs() / 1_000);
    if (state.relooks.second !== second) state.relooks = { second, count: 0 };
    if (++state.relooks.count > RELOOKS_PER_SECOND_MAX) return this.#lookLater(customer, RELOOK_MS);
    state.hasNothing = false;
    this.#serve(customer);
  }

  /** The worker is gone. What waited for it may be another's now. */
  drop(customer: Customer): void {
    this.#customers.get(customer)?.cancelLook?.();
    this.#customers.delete(customer);
    this.#idle.delete(customer);
    this.#heldBack.delete(customer);
    this.#options.onGone?.(customer);
    for (const other of this.#heldBack) this.#serve(other);
  }

  /** Whether the customer has asked for work that it did not get yet. */
  isWaiting(customer: Customer): boolean {
    return (this.#customers.get(customer)?.wants.size ?? 0) > 0;
  }

  /** Whether it has a sandbox with nothing to do. */
  isIdle(customer: Customer): boolean {
    return this.#idle.has(customer);
  }

  /** These jobs may have work that was not there before: only who may run one of them looks again. */
  wake(jobs: readonly Candidate[]): void {
    for (const [customer, state] of this.#customers) {
      if (state.wants.size === 0 && !state.hasNothing) continue;
      const mayRun = this.#options.eligibility.of(customer.description);
      if (!jobs.some(mayRun)) continue;
      state.hasNothing = false;
      this.#serve(customer);
    }
  }

  /** All jobs may have work. */
  wakeAll(): void {
    for (const [customer, state] of this.#customers) {
      state.hasNothing = false;
      this.#serve(customer);
    }
  }

  close(): void {
    this.#cancelRecall?.();
    for (const state of this.#customers.values()) state.cancelLook?.();
    this.#customers.clear();
    this.#idle.clear();
    this.#heldBack.clear();
  }

  #noteIdle(customer: Customer, { wants }: CustomerState): void {
    for (const want of wants.values()) if (want.idle) return void this.#idle.add(customer);
    this.#idle.delete(customer);
  }

  #serve(customer: Customer): void {
    const state = this.#customers.get(customer);
    if (state === undefined) return;
    if (state.isServing) {
      state.again = true;
      return;
    }
    if (state.wants.size === 0) return;
    state.isServing = true;
    void this.#serveAll(customer, state);
  }

  async #serveAll(customer: Customer, state: CustomerState): Promise<void> {
    try {
      do {
        state.again = false;
        while (await this.#serveOne(customer, state));
      } while (readAgain(state));
    } catch (error) {
      this.#serveLater(customer, error);
    } finally {
      state.isServing = false;
    }
    this.#recallSoon();
  }

  /** What failed need not fail again, and nothing else would wake this customer. */
  #serveLater(customer: Customer, error: unknown): void {
    if (isError(error, 'SHUTTING_DOWN')) return;
    this.#options.log('warn', 'lease failed', { worker: customer.workerId, error: String(error) });
    this.#lookLater(customer, RETRY_MS);
  }

  /** Serves the customer's most urgent want; false where there is none or no work for it. */
  async #serveOne(customer: Customer, state: CustomerState): Promise<boolean> {
    const want = mostUrgent(state.wants);
    if (want === undefined || this.#customers.get(customer) !== state) return false;
    if (this.#options.isClosed?.() === true) return false;
    const { tick, random, leases, clock } = this.#options;
    const { description } = customer;
    const leaseId = newId(random);
    const granted = await tick.submit('lease', { leaseId, worker: description, warmth: want.warmth ?? {} });
    this.#heldBack.delete(customer);
    if (granted === null) {
      // A job that came meanwhile has woken it; another description has too.
      state.hasNothing = !readAgain(state) && customer.description === description;
      return false;
    }
    if (granted === 'later') {
      if (this.#customers.get(customer) !== state) return false;
      this.#heldBack.add(customer);
      this.#lookLater(customer, HELD_BACK_LOOK_MS);
      return false;
    }
    const { lease, job, attempt } = granted;
    const isThere = this.#customers.get(customer) === state && state.wants.delete(want.want);
    this.#noteIdle(customer, state);
    if (!isThere) {
      // The want was taken back, or the worker went, while the store worked on it.
      if (this.#customers.get(customer) !== state) this.#idle.delete(customer);
      await this.#giveBack({ leaseId, workerId: customer.workerId, from: lease.first, isRecalled: true });
      // The same worker, back over another connection, may have been told of it meanwhile.
      leases.delete(leaseId);
      return true;
    }
    const { first, count, sliceMs } = lease;
    const held = { leaseId, next: first, last: first + count - 1, job, attempt, sliceMs };
    leases.add(customer, held, clock.monotonicMs());
    customer.send({ type: 'lease.grant', want: want.want, lease });
    return true;
  }

  /** A lease that no worker has heard of has no other owner: it goes back, however long the store takes nothing. */
  async #giveBack(lease: Commands['giveBack'][0]): Promise<void> {
    for (;;) {
      try {
        return void (await this.#options.tick.submit('giveBack', lease));
      } catch (error) {
        if (!isStoreFailure(error)) throw error;
      }
    }
  }

  /** Looks again in a while, where nothing else may wake this customer. */
  #lookLater(customer: Customer, ms: number): void {
    const state = this.#customers.get(customer);
    if (state === undefined || state.cancelLook !== undefined) return;
    const look = (): void => {
      state.cancelLook = undefined;
      state.hasNothing = false;
      this.#serve(customer);
    };
    state.cancelLook = this.#options.clock.after(ms, look, { background: true });
  }

  #recallSoon(): void {
    if (this.#cancelRecall !== undefined || this.#idle.size === 0 || this.#options.leases.size === 0) return;
    this.#recall();
    this.#cancelRecall = this.#options.clock.after(
      RECALL_INTERVAL_MS,
      () => {
        this.#cancelRecall = undefined;
        this.#recallSoon();
      },
      { background: true },
    );
  }

  /** Asks one lease's holder for its tail, for each worker that has an idle sandbox: for some now, for the rest next. */
  #recall(): void {
    const { leases, clock, eligibility } = this.#options;
    const idle = [...this.#idle];
    const first = this.#recallFrom < idle.length ? this.#recallFrom : 0;
    const count = Math.min(idle.length - first, Math.ceil(RECALL_LOOKS_MAX / Math.max(1, leases.size)));
    this.#recallFrom = first + count;
    const nowMs = clock.monotonicMs();
    for (const customer of idle.slice(first, first + count)) {
      const lease = chooseRecall(leases.values(), eligibility.of(customer.description), nowMs);
      if (lease === undefined) continue;
      if (isIgnored(lease, nowMs)) this.#takeBack(lease);
      else this.#askFor(lease, customer, nowMs);
    }
  }

  #askFor(lease: HeldLease, customer: Customer, nowMs: number): void {
    if (lease.recalls === 0) lease.firstRecalledMs = nowMs;
    lease.recalledMs = nowMs;
    lease.recalls += 1;
    const waiting = [...(this.#customers.get(customer)?.wants.values() ?? [])].filter((want) => want.idle);
    const isWarm = waiting.some(({ warmth }) => isWarmFor(warmth, lease.job.jobId));
    lease.holder.send({ type: 'lease.recall', leaseId: lease.leaseId, ...(isWarm ? { isWarm } : {}) });
  }

  /** Its holder gives nothing back: the lease ends, so that others may have its slices. */
  #takeBack({ leaseId, holder }: HeldLease): void {
    const { tick, leases, log } = this.#options;
    leases.delete(leaseId);
    holder.send({ type: 'lease.revoke', leaseId, reason: 'others waited, and it gave nothing back' });
    tick
      .submit('takeBack', { leaseId, workerId: holder.workerId })
      .catch((error: unknown) => log('warn', 'lease not taken back', { leaseId, error: String(error) }));
  }
}

/** A lease of several slices without progress whose holder was asked again and again. */
function isIgnored(lease: HeldLease, nowMs: number): boolean {
  const isAskedLong = lease.recalls > 1 && nowMs - lease.firstRecalledMs >= RECALL_IGNORED_MS;
  return isAskedLong && lease.last > lease.next;
}

const newState = (): CustomerState => ({
  wants: new Map(),
  isServing: false,
  again: false,
  hasNothing: false,
  relooks: { second: 0, count: 0 },
  cancelLook: undefined,
});

const isWarmFor = (warmth: Warmth = {}, jobId: string): boolean =>
  warmth.warm === jobId || warmth.warmJobs?.includes(jobId) === true;

/** Read through a function: it changes while a lease is awaited. */
const readAgain = (state: { readonly again: boolean }): boolean => state.again;

function mostUrgent(wants: ReadonlyMap<number, Want>): Want | undefined {
  let found: Want | undefined;
  for (const want of wants.values()) {
    if (want.idle) return want;
    found ??= want;
  }
  return found;
}
