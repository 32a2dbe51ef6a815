/**
 * The results of a job: an array in which the result of slice n is at index n - 1, in whatever order results arrive. A
 * slice that is missing or failed is a hole; positions never shift.
 * @module
 */
import type { CallOptions } from '../../client/jobs/call-options.js';
import { ManyhandsError, type SliceFailure } from '../../lib/errors.js';
import type { FetchedResult, ResultItem, ResultRange, ResultReader, StreamOptions } from './result-items.js';

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
  #reader: ResultReader<T> | undefined;

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

  /**
   * Reads the results in the order of their slices, as they become available, and fetches from the scheduler those that
   * this handle does not keep. It follows the job meanwhile, and deploys it if that was not done.
   * @throws SLICES_FAILED at a slice that failed, unless `failed` is set; JOB_CANCELLED and the errors of `job.exec`;
   *   ABORTED, TIMEOUT, INVALID_ARGUMENT, UNKNOWN_OPTION
   */
  stream(options: StreamOptions & { failed: 'include' }): AsyncGenerator<ResultItem<T>, void, undefined>;
  stream(options?: StreamOptions & { failed?: 'throw' | 'skip' }): AsyncGenerator<T, void, undefined>;
  stream(options?: StreamOptions): AsyncGenerator<T | ResultItem<T>, void, undefined> {
    return this.#reading().stream(options);
  }

  /**
   * Fetches the finished slices of a range from the scheduler, keeps their results at their positions, and resolves with
   * them, ordered by slice number.
   * @throws INVALID_ARGUMENT, JOB_UNKNOWN, NOT_OWNER, ABORTED, TIMEOUT
   */
  async fetch(range?: ResultRange, options?: CallOptions): Promise<FetchedResult<T>[]> {
    const found = await this.#reading().fetch(range, options);
    for (const { slice, value, error } of found) {
      if (slice > RESULTS_LENGTH_MAX) break;
      if (error === undefined) this[slice - 1] = value;
    }
    return found;
  }

  /**
   * The result of the first slice whose datum is `datum`: a number of a range, or an element of an array or a set.
   * @throws INVALID_ARGUMENT if no slice has that datum, or the input is not kept; RESULT_NOT_AVAILABLE if the result is not
   *   here (yet): `lookup` fetches it
   */
  lookupValue(datum: unknown): T {
    const slice = this.#reading().sliceOf(datum);
    if (this.isAvailable(slice - 1)) return this[slice - 1]!;
    throw notAvailable(slice, this.failureOf(slice));
  }

  /** Like `lookupValue`, and fetches a result that is not here from the scheduler. */
  async lookup(datum: unknown, options?: CallOptions): Promise<T> {
    const slice = this.#reading().sliceOf(datum);
    if (this.isAvailable(slice - 1)) return this[slice - 1]!;
    const [found] = await this.#reading().fetch([slice, slice], options);
    if (found !== undefined && found.error === undefined) return found.value;
    throw notAvailable(slice, found?.error);
  }

  #reading(): ResultReader<T> {
    if (this.#reader !== undefined) return this.#reader;
    throw new ManyhandsError('INTERNAL', 'These results belong to no job.');
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

  /** @internal Sets what reads results that are not here. */
  setReader(reader: ResultReader<T>): void {
    this.#reader = reader;
  }

  /** @internal The error of a slice that failed, if it is kept. */
  failureOf(sliceNumber: number): Error | undefined {
    return this.#failures.get(sliceNumber);
  }

  /** @internal */
  addFailure(sliceNumber: number, error: Error): void {
    this.#failedCount++;
    if (this.#failures.size < FAILURES_KEPT_MAX) this.#failures.set(sliceNumber, error);
  }

  /** @internal The failures of slices `first` to `last`, `count` in all, are void: these slices run again. */
  voidFailures(first: number, last: number, count: number): void {
    this.#failedCount -= count;
    this.#complete = false;
    for (const slice of this.#failures.keys())
      if (slice >= first && slice <= last) this.#failures.delete(slice);
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

function notAvailable(slice: number, cause: Error | undefined): ManyhandsError {
  const text =
    cause === undefined
      ? `The result of slice ${slice} is not available here. results.lookup(datum) and results.fetch(range) fetch results from the scheduler.`
      : `Slice ${slice} failed permanently: ${cause.message}`;
  return new ManyhandsError('RESULT_NOT_AVAILABLE', text, { slice }, { cause });
}
