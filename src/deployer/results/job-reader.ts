/**
 * Reads the outcomes of a job for its handle: the loops over them, fetching, and the slice of a datum. The loops are loaded
 * when they are first used.
 * @module
 */
import type { CallOptions } from '../../client/jobs/call-options.js';
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue } from '../../lib/options.js';
import type { JobInput } from '../call/input.js';
import type { DeployerContext } from '../connection/context.js';
import type { JobReaderParts } from './job-reader-parts.js';
import type {
  FetchedResult,
  ResultItem,
  ResultRange,
  ResultReader,
  StreamOptions,
} from '../state/result-items.js';

export class JobReader<T> implements ResultReader<T> {
  readonly #context: DeployerContext;
  readonly #parts: JobReaderParts<T>;

  constructor(context: DeployerContext, parts: JobReaderParts<T>) {
    this.#context = context;
    this.#parts = parts;
  }

  /** The loop starts with the first `next`: an iterator that nobody reads holds nothing up. */
  async *completed(options: CallOptions = {}): AsyncGenerator<ResultItem<T>, void, undefined> {
    const { loopCompleted } = await import('./read-loops.js');
    yield* loopCompleted(this.#context, this.#parts, options);
  }

  async *stream(options: StreamOptions = {}): AsyncGenerator<T | ResultItem<T>, void, undefined> {
    const { loopOrdered } = await import('./read-loops.js');
    yield* loopOrdered(this.#context, this.#parts, options);
  }

  async fetch(range: ResultRange | undefined, options: CallOptions | undefined): Promise<FetchedResult<T>[]> {
    const { fetchJobResults } = await import('./fetch-results.js');
    return fetchJobResults<T>(this.#context, this.#parts.state.id, range, options);
  }

  sliceOf(datum: unknown): number {
    const index = indexOf(this.#parts.input, datum);
    if (index >= 0) return index + 1;
    const text = `No slice of job ${this.#parts.state.id} has the datum ${describeValue(datum)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text);
  }
}

/** The index of a datum in an input that is kept; -1 if it has none. @throws INVALID_ARGUMENT */
function indexOf(input: JobInput | undefined, datum: unknown): number {
  if (input?.kind === 'described' && input.parts.length === 1 && input.parts[0]!.kind === 'range') {
    const { start, step, count, group } = input.parts[0]!;
    if (group === undefined && typeof datum === 'number') {
      const index = Math.round((datum - start) / step);
      return index >= 0 && index < count && start + index * step === datum ? index : -1;
    }
  } else if (input?.kind === 'values') {
    const { values } = input;
    if (Array.isArray(values)) return values.indexOf(datum);
    if (values instanceof Set) return [...values].indexOf(datum);
  }
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    'A result can be looked up by its datum in a job over an array, a set or a range without groups, by the handle that deployed it. By slice number use results[sliceNumber - 1] or results.fetch([from, to]).',
  );
}
