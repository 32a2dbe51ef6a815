/**
 * An index of the connected workers that satisfy a condition (idle, with leases, making progress), by the jobs that they
 * may run and by their payee, so that an independent worker is found without visiting all of them.
 * @module
 */
import { sha256Hex } from '../../lib/crypto/sha256.js';
import type { WorkerDescription } from '../../protocol/messages/messages.js';
import type { WorkerHandle } from './worker-handle.js';
import { independenceLevel, executorOf, type Executor } from '../policy/attempts.js';
import type { Candidate, EligibilityCache } from '../policy/choose-job.js';
import { INDEPENDENT_LEVEL } from '../policy/roster.js';

/** Workers that may run the same jobs in the same kind of sandbox, by payee. */
type WorkerClass = Map<string, Set<WorkerHandle>>;

export class ActiveWorkers {
  readonly #eligibility: EligibilityCache;
  readonly #isActive: (worker: WorkerHandle) => boolean;
  /** All added workers, with the description that each was added with; class and payee follow from it. */
  readonly #descriptions = new Map<WorkerHandle, WorkerDescription>();
  /** Workers that the next search puts into their class, and not the update itself: most updates are followed by no search. */
  readonly #unclassified = new Set<WorkerHandle>();
  readonly #classes = new Map<string, WorkerClass>();

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
    if (this.#descriptions.get(worker) === description) return;
    this.delete(worker);
    this.#descriptions.set(worker, description);
    this.#unclassified.add(worker);
  }

  delete(worker: WorkerHandle): void {
    const description = this.#descriptions.get(worker);
    if (description === undefined) return;
    this.#descriptions.delete(worker);
    if (this.#unclassified.delete(worker)) return;
    const [key, payee] = [classKeyOf(description), executorOf(description).payee];
    const workerClass = this.#classes.get(key)!;
    const workers = workerClass.get(payee)!;
    workers.delete(worker);
    if (workers.size === 0) workerClass.delete(payee);
    if (workerClass.size === 0) this.#classes.delete(key);
  }

  /** Whether one of them may run the job and has an `independenceLevel` above `level` with respect to `tried`. */
  hasBetterWorker(job: Candidate, tried: readonly Executor[], level: number): boolean {
    this.#classify();
    for (const workerClass of this.#classes.values())
      if (this.#isInClass(workerClass, job, tried, level)) return true;
    return false;
  }

  #classify(): void {
    for (const worker of this.#unclassified) {
      const description = this.#descriptions.get(worker)!;
      const [key, payee] = [classKeyOf(description), executorOf(description).payee];
      const workerClass: WorkerClass = this.#classes.get(key) ?? new Map<string, Set<WorkerHandle>>();
      const workers = workerClass.get(payee) ?? new Set();
      this.#classes.set(key, workerClass.set(payee, workers.add(worker)));
    }
    this.#unclassified.clear();
  }

  #isInClass(workerClass: WorkerClass, job: Candidate, tried: readonly Executor[], level: number): boolean {
    let isChecked = false;
    for (const workers of workerClass.values()) {
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
  let key = classKeys.get(description);
  if (key === undefined) {
    const terms = { ...description, workerId: '', paymentAddress: '', sandboxes: 0 };
    const text = JSON.stringify(terms, (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value} units` : value,
    );
    key = sha256Hex(new TextEncoder().encode(text));
    classKeys.set(description, key);
  }
  return key;
}
