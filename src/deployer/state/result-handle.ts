/**
 * The results of a job: an array in which the result of slice n is at index n - 1, in whatever order results arrive. A
 * slice that is missing or failed is a hole; positions never shift.
 * @module
 */
import { ManyhandsError, type SliceFailure } from '../../lib/errors.js';

/** Number of failures whose errors are kept. The count of failures is exact beyond it. */
export const FAILURES_KEPT_MAX = 1_000;

/** The maximum length of an array. */
export const RESULTS_LENGTH_MAX = 2 ** 32 - 1;

export type SettledResult<T> =
  | { readonly status: 'fulfilled'; readonly value: T }
  | { readonly status: 'rejected'; readonly reason: Error }
  | { readonly status: 'pending' };

export class ResultHandle<T> extends Array<T> {
  /** `map`, `filter` and `slice` return ordinary arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  readonly #failures = new Map<number, Error>();
  #failedCount = 0;
  #complete = false;

  /** Whether the result at `index` (slice number minus 1) is available. */
  isAvailable(index: number): boolean {
    return Object.hasOwn(this, index);
  }

  /** The failed slices, ordered by slice number; at most the 1,000 that failed first. */
  get failures(): SliceFailure[] {
    const failures = [...this.#failures].map(([sliceNumber, error]) => ({ sliceNumber, error }));
    return failures.sort((a, b) => a.sliceNumber - b.sliceNumber);
  }

  /** Number of slices that failed permanently. */
  get failedCount(): number {
    return this.#failedCount;
  }

  /** The state of each slice, in the form of `Promise.allSettled`. */
  settled(): SettledResult<T>[] {
    return Array.from({ length: this.length }, (_, index) => this.#settledAt(index));
  }

  #settledAt(index: number): SettledResult<T> {
    if (this.isAvailable(index)) return { status: 'fulfilled', value: this[index]! };
    const reason = this.#failures.get(index + 1);
    if (reason !== undefined) return { status: 'rejected', reason };
    if (!this.#complete || this.#failedCount <= this.#failures.size) return { status: 'pending' };
    const text = `Slice ${index + 1} failed, but its error was not kept: a handle keeps the first ${FAILURES_KEPT_MAX} errors.`;
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

  /** @internal Sets the current number of slices. */
  setTotal(total: number): void {
    if (total > this.length) this.length = Math.min(total, RESULTS_LENGTH_MAX);
  }

  /** @internal All outcomes have been received. */
  setComplete(): void {
    this.#complete = true;
  }
}
