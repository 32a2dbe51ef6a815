/**
 * Where sandboxes that want work meet jobs that have some. Wants that cannot be served wait here (in memory: a worker
 * that comes back says them again), and are tried again whenever work may have appeared.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import { isError, ManyhandsError } from '../lib/errors.js';
import { newId } from '../lib/ids.js';
import type { Random } from '../lib/random.js';
import { LEASES_PER_WORKER_MAX } from '../protocol/limits.js';
import type { Warmth, WorkerDescription } from '../protocol/messages.js';
import type { HeldLeases, LeaseHolder } from './held-leases.js';
import type { Log } from './log.js';
import { chooseRecall } from './policy/choose-recall.js';
import { isStoreFailure } from './store/store-failure.js';
import type { Commands } from './store/store.js';
import type { Tick } from './tick.js';

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
  clock: Clock;
  random: Random;
  log: Log;
  /** Whether nothing is lent now. @default never */
  isClosed?: () => boolean;
}

/** While sandboxes stand idle, leases are looked at again so often for a tail to recall, milliseconds. */
const RECALL_INTERVAL_MS = 25;
/** A worker that the store could not serve is tried again after so long, milliseconds. */
const RETRY_MS = 1_000;
/** How often a worker looks again whether what waits for other workers is its own by now, milliseconds. */
const LATER_MS = 1_000;
/** Leases that are looked at in one round, once for each worker: many idle workers must not take all of the time. */
const RECALL_LOOKS_MAX = 5_000;

export class Market {
  readonly #options: MarketOptions;
  readonly #wants = new Map<Customer, Map<number, Want>>();
  /** Customers that are being served, and whether to look again after that. */
  readonly #serving = new Map<Customer, { again: boolean }>();
  /** Customers that are told that what there is waits for others, and what cancels their next look. */
  readonly #later = new Map<Customer, () => void>();
  #cancelRecall: (() => void) | undefined;
  /** The idle worker that the next round begins with. */
  #recallFrom = 0;

  constructor(options: MarketOptions) {
    this.#options = options;
  }

  add(customer: Customer, want: Want): void {
    const wants = this.#wants.get(customer) ?? new Map<number, Want>();
    if (wants.size >= LEASES_PER_WORKER_MAX) {
      throw new ManyhandsError('LIMIT_EXCEEDED', 'too many wants of one worker at once', {
        limit: 'LEASES_PER_WORKER_MAX',
        max: LEASES_PER_WORKER_MAX,
        actual: wants.size + 1,
      });
    }
    this.#wants.set(customer, wants.set(want.want, want));
    this.#serve(customer);
  }

  remove(customer: Customer, want: number): void {
    this.#wants.get(customer)?.delete(want);
  }

  /** What the customer takes has changed. */
  renew(customer: Customer): void {
    this.#serve(customer);
  }

  /** The worker is gone. What waited for it may be another's now. */
  drop(customer: Customer): void {
    this.#wants.delete(customer);
    this.#later.get(customer)?.();
    this.#later.delete(customer);
    for (const other of this.#later.keys()) this.#serve(other);
  }

  /** Whether the customer has asked for work that it did not get yet. */
  isWaiting(customer: Customer): boolean {
    return (this.#wants.get(customer)?.size ?? 0) > 0;
  }

  /** Whether it has a sandbox with nothing to do. */
  isIdle(customer: Customer): boolean {
    return [...(this.#wants.get(customer)?.values() ?? [])].some((want) => want.idle);
  }

  /** There may be work that was not there before. */
  wake(): void {
    for (const customer of this.#wants.keys()) this.#serve(customer);
  }

  close(): void {
    this.#cancelRecall?.();
    for (const cancel of this.#later.values()) cancel();
    this.#later.clear();
    this.#wants.clear();
  }

  #serve(customer: Customer): void {
    const running = this.#serving.get(customer);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    if ((this.#wants.get(customer)?.size ?? 0) === 0) return;
    const state = { again: false };
    this.#serving.set(customer, state);
    void this.#serveAll(customer, state);
  }

  async #serveAll(customer: Customer, state: { again: boolean }): Promise<void> {
    try {
      do {
        state.again = false;
        while (await this.#serveOne(customer));
      } while (readAgain(state));
    } catch (error) {
      this.#serveLater(customer, error);
    } finally {
      this.#serving.delete(customer);
    }
    this.#recallSoon();
  }

  /** What failed need not fail again, and nothing else would wake this customer. */
  #serveLater(customer: Customer, error: unknown): void {
    if (isError(error, 'SHUTTING_DOWN')) return;
    this.#options.log('warn', 'lease failed', { worker: customer.workerId, error: String(error) });
    this.#options.clock.after(RETRY_MS, () => this.#serve(customer), { background: true });
  }

  /** Serves the customer's most urgent want; false where there is none or no work for it. */
  async #serveOne(customer: Customer): Promise<boolean> {
    const wants = this.#wants.get(customer);
    const want = wants === undefined ? undefined : mostUrgent(wants);
    if (want === undefined || this.#options.isClosed?.() === true) return false;
    const { tick, random, leases } = this.#options;
    const granted = await tick.submit('lease', {
      leaseId: newId(random),
      worker: customer.description,
      warmth: want.warmth ?? {},
    });
    if (granted === 'later') this.#lookLater(customer);
    if (granted === null || granted === 'later') return false;
    const { lease, job } = granted;
    if (this.#wants.get(customer)?.delete(want.want) !== true) {
      // The want was taken back, or the worker went, while the store worked on it.
      const { leaseId, first: from } = lease;
      await this.#giveBack({ leaseId, workerId: customer.workerId, from });
      // The same worker, back over another connection, may have been told of it meanwhile.
      leases.delete(leaseId);
      return true;
    }
    const { leaseId, first, count, sliceMs } = lease;
    leases.add(customer, { leaseId, next: first, last: first + count - 1, job, sliceMs });
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

  /** What there is waits for other workers; should they not come, nothing else would wake this one. */
  #lookLater(customer: Customer): void {
    if (this.#later.has(customer)) return;
    const again = (): void => {
      this.#later.delete(customer);
      this.#serve(customer);
    };
    this.#later.set(customer, this.#options.clock.after(LATER_MS, again, { background: true }));
  }

  #recallSoon(): void {
    if (this.#cancelRecall !== undefined || !this.#hasIdle()) return;
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

  #hasIdle(): boolean {
    if (this.#options.leases.size === 0) return false;
    for (const wants of this.#wants.values()) for (const want of wants.values()) if (want.idle) return true;
    return false;
  }

  /** Asks one lease's holder for its tail, for each worker that has an idle sandbox: for some now, for the rest next. */
  #recall(): void {
    const { leases, clock } = this.#options;
    const idle = [...this.#wants].flatMap(([customer, wants]) => {
      const waiting = [...wants.values()].filter((want) => want.idle);
      return waiting.length === 0 ? [] : [{ customer, waiting }];
    });
    const first = this.#recallFrom < idle.length ? this.#recallFrom : 0;
    const count = Math.min(idle.length - first, Math.ceil(RECALL_LOOKS_MAX / Math.max(1, leases.size)));
    this.#recallFrom = first + count;
    for (const { customer, waiting } of idle.slice(first, first + count)) {
      const nowMs = clock.monotonicMs();
      const lease = chooseRecall(leases.values(), customer.description, nowMs);
      if (lease === undefined) continue;
      lease.recalledMs = nowMs;
      lease.recalls += 1;
      const isWarm = waiting.some(({ warmth }) => isWarmFor(warmth, lease.job.jobId));
      lease.holder.send({ type: 'lease.recall', leaseId: lease.leaseId, ...(isWarm ? { isWarm } : {}) });
    }
  }
}

const isWarmFor = (warmth: Warmth = {}, jobId: string): boolean =>
  warmth.warm === jobId || warmth.warmJobs?.includes(jobId) === true;

/** Read through a function: it changes while a lease is awaited. */
const readAgain = (state: { again: boolean }): boolean => state.again;

function mostUrgent(wants: ReadonlyMap<number, Want>): Want | undefined {
  let found: Want | undefined;
  for (const want of wants.values()) {
    if (want.idle) return want;
    found ??= want;
  }
  return found;
}
