/**
 * The workers that are connected to this node, as decisions about failed slices see them: a worker counts as there while
 * it waits for work or has some, so that one which is paused or cannot start a sandbox holds nothing up.
 * @module
 */
import type { WorkerDescription } from '../protocol/messages.js';
import type { HeldLeases } from './held-leases.js';
import type { Customer, Market } from './market.js';
import { independenceOf, runnerOf, type Runner } from './policy/attempts.js';
import { eligibility, type Candidate } from './policy/choose-job.js';
import { INDEPENDENT, type Roster } from './policy/roster.js';

export class ConnectedRoster implements Roster {
  readonly #workers: ReadonlyMap<string, Customer>;
  readonly #market: Market;
  readonly #leases: HeldLeases;
  /** What each description may run; forgotten with the description. */
  readonly #eligible = new WeakMap<WorkerDescription, (job: Candidate) => boolean>();

  constructor(workers: ReadonlyMap<string, Customer>, market: Market, leases: HeldLeases) {
    this.#workers = workers;
    this.#market = market;
    this.#leases = leases;
  }

  hasBetter(job: Candidate, tried: readonly Runner[], level: number): boolean {
    for (const worker of this.#workers.values()) {
      const other = independenceOf(runnerOf(worker.description), tried);
      if (other <= level || !this.#mayRun(worker.description, job)) continue;
      // A busy worker is waited for where its attempt would be the first independent one, not for its engine alone.
      const isThere = level >= INDEPENDENT ? this.#market.isIdle(worker) : this.#isActive(worker);
      if (isThere) return true;
    }
    return false;
  }

  #isActive(worker: Customer): boolean {
    return this.#market.isWaiting(worker) || this.#leases.isHolding(worker);
  }

  #mayRun(description: WorkerDescription, job: Candidate): boolean {
    let mayRun = this.#eligible.get(description);
    if (mayRun === undefined) {
      mayRun = eligibility(description);
      this.#eligible.set(description, mayRun);
    }
    return mayRun(job);
  }
}
