/**
 * The connected workers of which something is so (they wait for work, they get on with some), by what jobs they may run
 * and by who is paid: whether an independent one is there is found without a walk over all of them.
 * @module
 */
import { sha256Hex } from '../../lib/crypto/sha256.js';
import type { WorkerDescription } from '../../protocol/messages/messages.js';
import type { Customer } from './matchmaker.js';
import { independenceOf, runnerOf, type Runner } from '../policy/attempts.js';
import type { Candidate, Eligibility } from '../policy/choose-job.js';
import { INDEPENDENT } from '../policy/roster.js';

/** Workers that may run the same jobs in the same kind of sandbox, by their payees. */
type Kind = Map<string, Set<Customer>>;

export class ActiveWorkers {
  readonly #eligibility: Eligibility;
  readonly #isActive: (worker: Customer) => boolean;
  readonly #kinds = new Map<string, Kind>();
  readonly #places = new Map<Customer, { description: WorkerDescription; kind: string; payee: string }>();

  /**
   * @param isActive whether it is still so of a worker; one of which it is not is left out, and has to be added when it
   *   is so again
   */
  constructor(eligibility: Eligibility, isActive: (worker: Customer) => boolean) {
    this.#eligibility = eligibility;
    this.#isActive = isActive;
  }

  /** It may be so of this worker from now on, or its description has changed. */
  add(worker: Customer): void {
    const { description } = worker;
    if (this.#places.get(worker)?.description === description) return;
    this.delete(worker);
    const place = { description, kind: kindOf(description), payee: runnerOf(description).payee };
    const kind = this.#kinds.get(place.kind) ?? new Map<string, Set<Customer>>();
    const workers = kind.get(place.payee) ?? new Set();
    this.#places.set(worker, place);
    this.#kinds.set(place.kind, kind.set(place.payee, workers.add(worker)));
  }

  delete(worker: Customer): void {
    const place = this.#places.get(worker);
    if (place === undefined) return;
    this.#places.delete(worker);
    const kind = this.#kinds.get(place.kind)!;
    const workers = kind.get(place.payee)!;
    workers.delete(worker);
    if (workers.size === 0) kind.delete(place.payee);
    if (kind.size === 0) this.#kinds.delete(place.kind);
  }

  /** Whether one of them may run the job, and its attempt tells more than `level` beyond those that `tried`. */
  hasBetter(job: Candidate, tried: readonly Runner[], level: number): boolean {
    for (const kind of this.#kinds.values()) if (this.#isInKind(kind, job, tried, level)) return true;
    return false;
  }

  #isInKind(kind: Kind, job: Candidate, tried: readonly Runner[], level: number): boolean {
    let isAsked = false;
    for (const workers of kind.values()) {
      for (const worker of workers) {
        const other = independenceOf(runnerOf(worker.description), tried);
        // All of a kind tell alike, but for those who have tried, or have a payee in common with who has.
        if (other <= level && other >= INDEPENDENT) return false;
        if (other <= level && other > 0) break;
        if (other <= level) continue;
        if (!isAsked && !this.#eligibility.of(worker.description)(job)) return false;
        isAsked = true;
        if (this.#isActive(worker)) return true;
        this.delete(worker);
      }
    }
    return false;
  }
}

const kinds = new WeakMap<WorkerDescription, string>();

/** Everything that says what it may run, and where: but who it is, who is paid, and how much it does at a time. */
function kindOf(description: WorkerDescription): string {
  let kind = kinds.get(description);
  if (kind === undefined) {
    const terms = { ...description, workerId: '', paymentAddress: '', sandboxes: 0 };
    const text = JSON.stringify(terms, (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value} units` : value,
    );
    kind = sha256Hex(new TextEncoder().encode(text));
    kinds.set(description, kind);
  }
  return kind;
}
