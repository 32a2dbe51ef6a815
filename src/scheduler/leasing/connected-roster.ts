/**
 * The workers that are connected to this node, as decisions about failed slices see them: a worker counts as there while
 * it waits for work or has some, so that one which is paused or cannot start a sandbox holds nothing up.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { ActiveWorkers } from './active-workers.js';
import type { HeldLeases, LeaseHolder } from './lease-registry.js';
import type { Customer, Market } from './matchmaker.js';
import type { Runner } from '../policy/attempts.js';
import type { Candidate, Eligibility } from '../policy/choose-job.js';
import { INDEPENDENT, type Roster } from '../policy/roster.js';

/** Between the report of a lease's end and the next request a worker counts as there for so long, milliseconds. */
const BETWEEN_LEASES_MS = 2_000;

export class ConnectedRoster implements Roster {
  readonly #workers: ReadonlyMap<string, Customer>;
  readonly #market: Market;
  readonly #leases: HeldLeases;
  readonly #clock: Clock;
  /** Those with an idle sandbox, those that wait for work or have some, and those that get on with it. */
  readonly #idle: ActiveWorkers;
  readonly #there: ActiveWorkers;
  readonly #soon: ActiveWorkers;

  constructor(
    clock: Clock,
    workers: ReadonlyMap<string, Customer>,
    market: Market,
    leases: HeldLeases,
    eligibility: Eligibility,
  ) {
    this.#clock = clock;
    this.#workers = workers;
    this.#market = market;
    this.#leases = leases;
    const active = (isSo: (worker: Customer) => boolean): ActiveWorkers =>
      new ActiveWorkers(eligibility, (worker) => this.#isCurrent(worker) && isSo(worker));
    this.#idle = active((worker) => market.isIdle(worker));
    this.#there = active((worker) => this.#isActive(worker, false));
    this.#soon = active((worker) => this.#isActive(worker, true));
  }

  /** A worker has asked, was lent something, got on with it, or describes itself anew. */
  touch({ workerId }: LeaseHolder): void {
    const worker = this.#workers.get(workerId);
    if (worker !== undefined) for (const active of this.#all) active.add(worker);
  }

  /** Its connection is gone. */
  forget(worker: Customer): void {
    for (const active of this.#all) active.delete(worker);
  }

  get #all(): ActiveWorkers[] {
    return [this.#idle, this.#there, this.#soon];
  }

  hasBetter(job: Candidate, tried: readonly Runner[], level: number, isSoon = false): boolean {
    // A busy worker is waited for where its attempt would be the first independent one, not for its engine alone.
    if (level >= INDEPENDENT) return this.#idle.hasBetter(job, tried, level);
    return (isSoon ? this.#soon : this.#there).hasBetter(job, tried, level);
  }

  /** Whether it has not come back over another connection meanwhile. */
  #isCurrent(worker: Customer): boolean {
    return this.#workers.get(worker.workerId) === worker;
  }

  #isActive(worker: Customer, isSoon: boolean): boolean {
    const nowMs = this.#clock.monotonicMs();
    // One that asks ahead while it does nothing with what it has is not waited for either.
    if (isSoon ? this.#market.isIdle(worker) : this.#market.isWaiting(worker)) return true;
    const isAtWork = isSoon ? this.#leases.getsOn(worker, nowMs) : this.#leases.holds(worker);
    return isAtWork || this.#leases.isHeard(worker, nowMs - BETWEEN_LEASES_MS);
  }
}
