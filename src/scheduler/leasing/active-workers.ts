/**
 * An index of the connected workers that satisfy a condition (idle, with leases, making progress), by the jobs that they
 * may run and by their payee, so that an independent worker is found without visiting all of them.
 * @module
 */
import { sha256Hex } from '../../lib/crypto/sha256.js';
import type { WorkerDescription } from '../../protocol/messages/messages.js';
import type { WorkerHandle } from './matchmaker.js';
import { independenceLevel, executorOf, type Executor } from '../policy/attempts.js';
import type { Candidate, EligibilityCache } from '../policy/choose-job.js';
import { INDEPENDENT_LEVEL } from '../policy/roster.js';

/** Workers that may run the same jobs in the same kind of sandbox, by payee. */
type WorkerClass = Map<string, Set<WorkerHandle>>;

export class ActiveWorkers {
  readonly #eligibility: EligibilityCache;
  readonly #isActive: (worker: WorkerHandle) => boolean;
  readonly #classes = new Map<string, WorkerClass>();
  readonly #entries = new Map<
    WorkerHandle,
    { description: WorkerDescription; kind: string; payee: string }
  >();

  /**
   * @param isActive whether a worker still satisfies the condition; one that does not is removed and must be added again
   *   when it does
   */
  constructor(eligibility: EligibilityCache, isActive: (worker: WorkerHandle) => boolean) {
    this.#eligibility = eligibility;
    this.#isActive = isActive;
  }

  /** Adds a worker that may satisfy the condition, or whose description has changed. */
  add(worker: WorkerHandle): void {
    const { description } = worker;
    if (this.#entries.get(worker)?.description === description) return;
    this.delete(worker);
    const place = { description, kind: classKeyOf(description), payee: executorOf(description).payee };
    const kind = this.#classes.get(place.kind) ?? new Map<string, Set<WorkerHandle>>();
    const workers = kind.get(place.payee) ?? new Set();
    this.#entries.set(worker, place);
    this.#classes.set(place.kind, kind.set(place.payee, workers.add(worker)));
  }

  delete(worker: WorkerHandle): void {
    const place = this.#entries.get(worker);
    if (place === undefined) return;
    this.#entries.delete(worker);
    const kind = this.#classes.get(place.kind)!;
    const workers = kind.get(place.payee)!;
    workers.delete(worker);
    if (workers.size === 0) kind.delete(place.payee);
    if (kind.size === 0) this.#classes.delete(place.kind);
  }

  /** Whether one of them may run the job and has an `independenceLevel` above `level` with respect to `tried`. */
  hasBetterWorker(job: Candidate, tried: readonly Executor[], level: number): boolean {
    for (const kind of this.#classes.values()) if (this.#isInClass(kind, job, tried, level)) return true;
    return false;
  }

  #isInClass(kind: WorkerClass, job: Candidate, tried: readonly Executor[], level: number): boolean {
    let isChecked = false;
    for (const workers of kind.values()) {
      for (const worker of workers) {
        const other = independenceLevel(executorOf(worker.description), tried);
        // All workers of a class have the same level, except those that tried and those that share a payee with one.
        if (other <= level && other >= INDEPENDENT_LEVEL) return false;
        if (other <= level && other > 0) break;
        if (other <= level) continue;
        if (!isChecked && !this.#eligibility.of(worker.description)(job)) return false;
        isChecked = true;
        if (this.#isActive(worker)) return true;
        this.delete(worker);
      }
    }
    return false;
  }
}

const classKeys = new WeakMap<WorkerDescription, string>();

/** Digest of the description without identity, payee and number of sandboxes: equal for workers of one class. */
function classKeyOf(description: WorkerDescription): string {
  let kind = classKeys.get(description);
  if (kind === undefined) {
    const terms = { ...description, workerId: '', paymentAddress: '', sandboxes: 0 };
    const text = JSON.stringify(terms, (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value} units` : value,
    );
    kind = sha256Hex(new TextEncoder().encode(text));
    classKeys.set(description, kind);
  }
  return kind;
}
