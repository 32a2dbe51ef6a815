/**
 * Where the loops over the outcomes of a job get them: received ones from the handle or the scheduler, later ones as they
 * are received.
 * @module
 */
import { abortError } from '../../lib/abortable.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import type { DeployerContext } from '../connection/context.js';
import type { ResultItem } from '../state/result-items.js';
import type { JobState } from '../state/job-state.js';
import { fetchJobResults } from './fetch-results.js';
import type { JobResults } from './job-results.js';
import type { OutcomeTap } from './outcome-taps.js';
import type { ReceivedSlices } from './received-slices.js';

/** Number of slices that are fetched from the scheduler at once. */
export const PAGE_SLICES = 256;

export class OutcomeSource<T> {
  readonly jobId: string;
  /** Whether outcomes before the handle's first journal row exist, which it never receives. */
  readonly hasEarlier: boolean;
  readonly received: ReceivedSlices;
  readonly #context: DeployerContext;
  readonly #state: JobState<T, object>;
  readonly #results: JobResults<T, object>;
  readonly #signal: AbortSignal | undefined;
  /** Resolves the wait of `next`. */
  #wake: (() => void) | undefined;

  constructor(
    context: DeployerContext,
    state: JobState<T, object>,
    results: JobResults<T, object>,
    signal: AbortSignal | undefined,
  ) {
    this.jobId = state.id;
    this.received = results.received;
    this.hasEarlier = results.startsAfter !== 0;
    this.#context = context;
    this.#state = state;
    this.#results = results;
    this.#signal = signal;
  }

  /** Whether no further outcomes will be received. */
  get isEnded(): boolean {
    return this.#state.isEnded;
  }

  /** The number of slices of the job, as far as it is known. */
  get total(): number {
    return this.#state.status.total;
  }

  /** Passes outcomes to the tap as they are received, until the returned function is called. */
  open(tap: OutcomeTap<T>): () => void {
    const wake = (): void => this.wake();
    const { ended } = this.#state;
    ended.addEventListener('abort', wake, { once: true });
    this.#signal?.addEventListener('abort', wake, { once: true });
    const close = this.#results.tap(tap);
    return () => {
      close();
      ended.removeEventListener('abort', wake);
      this.#signal?.removeEventListener('abort', wake);
    };
  }

  /** The tap has given an outcome away. */
  drained(): void {
    this.#results.drained();
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Resolves at the next `wake`, also when the job has ended. @throws ABORTED, TIMEOUT */
  async woken(): Promise<void> {
    this.checkSignal();
    if (!this.isEnded) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.checkSignal();
  }

  checkSignal(): void {
    if (this.#signal?.aborted) throw abortError(`Reading the results of job ${this.jobId}`, this.#signal);
  }

  /** The outcome of a slice, if the handle keeps it. */
  kept(sliceNumber: number): ResultItem<T> | undefined {
    const { results } = this.#state;
    if (results.isAvailable(sliceNumber - 1)) return { sliceNumber, result: results[sliceNumber - 1]! };
    const error = results.failureOf(sliceNumber);
    return error && { sliceNumber, error };
  }

  /** The finished slices from `first` on, at most one page of them, ordered. */
  async fetch(first: number, last: number): Promise<ResultItem<T>[]> {
    const range = [first, Math.min(last, first + PAGE_SLICES - 1)] as const;
    const found = await fetchJobResults<T>(this.#context, this.jobId, range, { signal: this.#signal });
    return found.map(({ slice, value, error }) =>
      error === undefined ? { sliceNumber: slice, result: value } : { sliceNumber: slice, error },
    );
  }

  /** Received outcomes, which the handle keeps or the scheduler has. @throws RESULT_NOT_AVAILABLE */
  async *read(first: number, last: number): AsyncGenerator<ResultItem<T>, void, undefined> {
    for (let slice = first; slice <= last;) {
      const kept = this.kept(slice);
      if (kept !== undefined) {
        slice++;
        yield kept;
        continue;
      }
      const page = await this.fetch(slice, last);
      if (page[0]?.sliceNumber !== slice) throw this.missing(slice);
      for (const item of page) {
        if (item.sliceNumber !== slice) break;
        slice++;
        yield item;
      }
    }
  }

  /** Throws the error with which the job ended, unless that is for failed slices, which are yielded one by one. */
  async checkEnd(): Promise<void> {
    try {
      await this.#state.finished;
    } catch (error) {
      if (!isError(error, 'SLICES_FAILED')) throw error;
    }
  }

  missing(slice: number): ManyhandsError {
    const text = `The outcome of slice ${slice} of job ${this.jobId} was reported, but the scheduler does not have it.`;
    return new ManyhandsError('RESULT_NOT_AVAILABLE', text, { slice });
  }
}
