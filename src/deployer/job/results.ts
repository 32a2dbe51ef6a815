/**
 * The results of a job: an ordinary array in which the result of slice n is at index n - 1, whatever the order
 * in which results came. What is not there yet, or failed, is a hole; positions never shift.
 * @module
 */
import { ManyhandsError, type SliceFailure } from '../../lib/errors.js';

/** Failures that are kept with their errors; the number of all of them is exact. */
export const FAILURES_KEPT_MAX = 1_000;

/** The greatest length of an array. */
export const RESULTS_LENGTH_MAX = 2 ** 32 - 1;

export type SettledResult<T> =
  | { readonly status: 'fulfilled'; readonly value: T }
  | { readonly status: 'rejected'; readonly reason: Error }
  | { readonly status: 'pending' };

export class ResultHandle<T> extends Array<T> {
  /** What `map`, `filter` and `slice` make is an ordinary array. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  readonly #failures = new Map<number, Error>();
  #failedCount = 0;
  #complete = false;

  /** Whether the result at `index` (slice number minus one) is here. */
  isAvailable(index: number): boolean {
    return Object.hasOwn(this, index);
  }

  /** The failed slices by their numbers; at most the 1,000 that failed first. */
  get failures(): SliceFailure[] {
    const failures = [...this.#failures].map(([sliceNumber, error]) => ({ sliceNumber, error }));
    return failures.sort((a, b) => a.sliceNumber - b.sliceNumber);
  }

  /** How many slices failed for good. */
  get failedCount(): number {
    return this.#failedCount;
  }

  /** What became of each slice, in the form of `Promise.allSettled`. */
  settled(): SettledResult<T>[] {
    return Array.from({ length: this.length }, (_, index) => this.#settledAt(index));
  }

  #settledAt(index: number): SettledResult<T> {
    if (this.isAvailable(index)) return { status: 'fulfilled', value: this[index]! };
    const reason = this.#failures.get(index + 1);
    if (reason !== undefined) return { status: 'rejected', reason };
    if (!this.#complete || this.#failedCount <= this.#failures.size) return { status: 'pending' };
    const text = `Slice ${index + 1} failed; this handle keeps the errors of the first ${FAILURES_KEPT_MAX} only.`;
    return {
      status: 'rejected',
      reason: new ManyhandsError('RESULT_NOT_AVAILABLE', text, { slice: index + 1 }),
    };
  }

  /** @internal */
  addFailure(sliceNumber: number, error: Error): void {
    this.#failedCount++;
    if (this.#failures.size < FAILURES_KEPT_MAX) this.#failures.set(sliceNumber, error);
  }

  /** @internal The job has so many slices now. */
  setTotal(total: number): void {
    if (total > this.length) this.length = Math.min(total, RESULTS_LENGTH_MAX);
  }

  /** @internal Nothing more will come. */
  setComplete(): void {
    this.#complete = true;
  }
}
