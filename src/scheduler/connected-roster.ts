/**
 * The workers that are connected to this node, as decisions about failed slices see them: a worker counts as there while
 * it waits for work or has some, so that one which is paused or cannot start a sandbox holds nothing up.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import type { HeldLeases } from './held-leases.js';
import type { Customer, Market } from './market.js';
import { independenceOf, runnerOf, type Runner } from './policy/attempts.js';
import type { Candidate, Eligibility } from './policy/choose-job.js';
import { INDEPENDENT, type Roster } from './policy/roster.js';

/** Between the report of a lease's end and the next request a worker counts as there for so long, milliseconds. */
const BETWEEN_LEASES_MS = 2_000;

export class ConnectedRoster implements Roster {
  readonly #workers: ReadonlyMap<string, Customer>;
  readonly #market: Market;
  readonly #leases: HeldLeases;
  readonly #eligibility: Eligibility;
  readonly #clock: Clock;

  constructor(
    clock: Clock,
    workers: ReadonlyMap<string, Customer>,
    market: Market,
    leases: HeldLeases,
    eligibility: Eligibility,
  ) {
    this.#clock = clock;
    this.#eligibility = eligibility;
    this.#workers = workers;
    this.#market = market;
    this.#leases = leases;
  }

  hasBetter(job: Candidate, tried: readonly Runner[], level: number, isSoon = false): boolean {
    for (const worker of this.#workers.values()) {
      // A busy worker is waited for where its attempt would be the first independent one, not for its engine alone.
      const isThere = level >= INDEPENDENT ? this.#market.isIdle(worker) : this.#isActive(worker, isSoon);
      if (!isThere) continue;
      const other = independenceOf(runnerOf(worker.description), tried);
      if (other > level && this.#eligibility.of(worker.description)(job)) return true;
    }
    return false;
  }

  #isActive(worker: Customer, isSoon: boolean): boolean {
    const nowMs = this.#clock.monotonicMs();
    // One that asks ahead while it does nothing with what it has is not waited for either.
    if (isSoon ? this.#market.isIdle(worker) : this.#market.isWaiting(worker)) return true;
    const isAtWork = isSoon ? this.#leases.getsOn(worker, nowMs) : this.#leases.holds(worker);
    return isAtWork || this.#leases.isHeard(worker, nowMs - BETWEEN_LEASES_MS);
  }
}
