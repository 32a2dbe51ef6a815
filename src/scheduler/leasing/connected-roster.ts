/**
 * The workers that are connected to this node, as decisions about failed slices see them. A worker counts as present while
 * it has open requests or leases, so that no slice is deferred for one that is paused or cannot start a sandbox.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { ActiveWorkers } from './active-workers.js';
import type { LeaseRegistry, LeaseHolder } from './lease-registry.js';
import type { Matchmaker } from './matchmaker.js';
import type { WorkerHandle } from './worker-handle.js';
import type { Executor } from '../policy/attempts.js';
import type { Candidate, EligibilityCache } from '../policy/choose-job.js';
import { INDEPENDENT_LEVEL, type Roster } from '../policy/roster.js';

/** A worker counts as present for this long after its last report, until its next request arrives, milliseconds. */
const BETWEEN_LEASES_MS = 2_000;

export class ConnectedRoster implements Roster {
  readonly #workers: ReadonlyMap<string, WorkerHandle>;
  readonly #matchmaker: Matchmaker;
  readonly #leases: LeaseRegistry;
  readonly #clock: Clock;
  /** Workers with an idle sandbox; with requests or leases; and with an idle sandbox or leases that make progress. */
  readonly #idle: ActiveWorkers;
  readonly #present: ActiveWorkers;
  readonly #progressing: ActiveWorkers;

  constructor(
    clock: Clock,
    workers: ReadonlyMap<string, WorkerHandle>,
    matchmaker: Matchmaker,
    leases: LeaseRegistry,
    eligibility: EligibilityCache,
  ) {
    this.#clock = clock;
    this.#workers = workers;
    this.#matchmaker = matchmaker;
    this.#leases = leases;
    const active = (matches: (worker: WorkerHandle) => boolean): ActiveWorkers =>
      new ActiveWorkers(eligibility, (worker) => this.#isCurrent(worker) && matches(worker));
    this.#idle = active((worker) => matchmaker.isIdle(worker));
    this.#present = active((worker) => this.#isActive(worker, false));
    this.#progressing = active((worker) => this.#isActive(worker, true));
  }

  /** The worker requested work, was granted a lease, made progress, or has a new description. */
  touch({ workerId }: LeaseHolder): void {
    const worker = this.#workers.get(workerId);
    if (worker !== undefined) for (const active of this.#all) active.add(worker);
  }

  /** The worker has disconnected. */
  forget(worker: WorkerHandle): void {
    for (const active of this.#all) active.delete(worker);
  }

  get #all(): ActiveWorkers[] {
    return [this.#idle, this.#present, this.#progressing];
  }

  hasBetterWorker(
    job: Candidate,
    tried: readonly Executor[],
    level: number,
    requireProgress = false,
  ): boolean {
    // A slice is deferred for a busy worker only to get the first independent attempt, not merely for another engine.
    if (level >= INDEPENDENT_LEVEL) return this.#idle.hasBetterWorker(job, tried, level);
    return (requireProgress ? this.#progressing : this.#present).hasBetterWorker(job, tried, level);
  }

  /** Whether this is the worker's current connection. */
  #isCurrent(worker: WorkerHandle): boolean {
    return this.#workers.get(worker.workerId) === worker;
  }

  #isActive(worker: WorkerHandle, requireProgress: boolean): boolean {
    const nowMs = this.#clock.monotonicMs();
    // A worker that requests in advance without progress on its leases does not count.
    if (requireProgress ? this.#matchmaker.isIdle(worker) : this.#matchmaker.isWaiting(worker)) return true;
    const isAtWork = requireProgress ? this.#leases.isProgressing(worker, nowMs) : this.#leases.holds(worker);
    return isAtWork || this.#leases.hasReportedSince(worker, nowMs - BETWEEN_LEASES_MS);
  }
}
