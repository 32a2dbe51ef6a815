/**
 * Classifies the input of a job without expanding or copying it. A range is sent as its description; iterables and
 * async iterables are read while they are sent.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import {
  descriptionOf,
  isRangesForm,
  readBounds,
  readRangesForm,
  type RangeBounds,
} from '../../protocol/input/range-forms.js';
import type { DescribedInput } from '../../protocol/messages/messages.js';
import { rangeFromBounds } from '../../protocol/input/ranges.js';
import { isBlob } from '../arguments/read-blob.js';
import { remoteData, toRemoteSet } from './remote-input.js';
import { streamIterator } from './stream-source.js';

/** `slices`: the number of slices, where it is known before the input is read. */
export type JobInput =
  | { readonly kind: 'described'; readonly parts: readonly DescribedInput[]; readonly slices: number }
  | {
      readonly kind: 'values';
      readonly values: Iterable<unknown>;
      readonly slices?: number;
      /** The origins that workers download remote data from. */
      readonly origins?: readonly string[];
    }
  | { readonly kind: 'stream'; readonly iterator: AsyncIterator<unknown>; readonly slices?: undefined };

export const INPUT_FORMS =
  'an array, an iterable, an async iterable, a stream, a RangeObject, { start, end, step?, group? }, { ranges }, { sparse }, a distribution, a RemoteDataSet, a RemoteDataPattern, or a number of slices';

/** @throws INVALID_ARGUMENT if `data` is not an accepted form of input */
export function toJobInput(data: unknown): JobInput {
  if (typeof data === 'number') return countInput(data);
  if (typeof data === 'function') throw invalidInput('a function', adviceForFunction(data));
  if (typeof data === 'string') throw invalidInput('a string', ' For its characters, pass [...text].');
  if (typeof data !== 'object' || data === null) throw invalidInput(String(data), '');
  const described = descriptionOf(data) ?? (isRangesForm(data) ? readRangesForm(data) : undefined);
  if (described !== undefined) return describedInput(described);
  if (isRangeBounds(data)) return boundsInput(readBounds(data, 'A range'));
  const remote = toRemoteSet(data);
  if (remote !== undefined) {
    return { kind: 'values', values: remoteData(remote), slices: remote.length, origins: remote.origins };
  }
  if (data instanceof Promise) throw invalidInput('a promise', ' Await it first.');
  const stream = streamIterator(data);
  if (stream !== undefined) return { kind: 'stream', iterator: stream };
  if (isAsyncIterable(data)) return { kind: 'stream', iterator: getIterator(data) };
  if (isBlob(data))
    throw invalidInput('a Blob', ' Pass [blob] for one slice, or blob.stream() for its chunks.');
  if (isIterable(data)) return { kind: 'values', values: data, slices: knownCount(data) };
  throw invalidInput('an object that cannot be iterated', '');
}

/**
 * Gets the iterator synchronously, while `computeFor` runs: an iterator that listens to events, such as that of `readline`,
 * misses those that are emitted before it exists. What its creation throws, its first `next()` rejects with.
 * @throws INVALID_ARGUMENT if lines of a `readline` interface are lost already
 */
function getIterator(data: AsyncIterable<unknown>): AsyncIterator<unknown> {
  rejectStartedReader(data);
  try {
    return data[Symbol.asyncIterator]();
  } catch (error) {
    const failed = Promise.reject<never>(error);
    failed.catch(() => undefined);
    return { next: () => failed };
  }
}

/** Properties of Node's `readline.Interface`, which is recognised by them because this module also runs in pages. */
interface LineReader {
  on?: unknown;
  closed?: unknown;
  terminal?: unknown;
  input?: { readableDidRead?: unknown };
}

function rejectStartedReader(data: object): void {
  const { on, closed, terminal, input } = data as LineReader;
  if (typeof on !== 'function' || typeof terminal !== 'boolean' || typeof input !== 'object') return;
  if (closed !== true && input?.readableDidRead !== true) return;
  throw invalidInput(
    'a readline interface that has started to read, whose lines so far are lost',
    ' Pass it directly after createInterface, before any await, or create its iterator there and pass ' +
      'that: createInterface({ input })[Symbol.asyncIterator]().',
  );
}

/** Closes a source that is not read to its end, so that it releases its resources. Its errors are ignored. */
export function closeIterator(iterator: Iterator<unknown> | AsyncIterator<unknown>): void {
  try {
    const closing: unknown = iterator.return?.();
    if (closing instanceof Promise) closing.catch(() => undefined);
  } catch {
    return;
  }
}

/** Closes the source of an input that will not be read, if it is open. */
export function discardInput(input: JobInput): void {
  if (input.kind === 'stream') closeIterator(input.iterator);
}

/** An input of `count` slices, whose data are 0 … count - 1. @throws INVALID_ARGUMENT unless `count` is a whole number from 0 */
export function countInput(count: number): JobInput {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `The number of slices must be a whole number of at least 0; got ${count}.`,
    );
  }
  if (count === 0) return { kind: 'values', values: [], slices: 0 };
  return boundsInput({ start: 0, end: count - 1, step: 1 });
}

/** The input of a range; its values are not expanded. @throws INVALID_ARGUMENT if the bounds are no range */
export function boundsInput(bounds: RangeBounds): JobInput {
  const range = rangeFromBounds(bounds.start, bounds.end, bounds.step, bounds.group);
  return describedInput([range]);
}

function describedInput(parts: readonly DescribedInput[]): JobInput {
  return { kind: 'described', parts, slices: parts.reduce((sum, { count }) => sum + count, 0) };
}

/** Whether an object is meant as a range, even if one of its names is misspelt. */
function isRangeBounds(data: object): boolean {
  const { start, end } = data as Partial<RangeBounds>;
  if (typeof start === 'number' && typeof end === 'number') return true;
  return (start !== undefined || end !== undefined) && !isIterable(data) && !isAsyncIterable(data);
}

function isIterable(data: object): data is Iterable<unknown> {
  return typeof (data as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
}

function isAsyncIterable(data: object): data is AsyncIterable<unknown> {
  return typeof (data as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function';
}

/** The number of elements, if it is known before they are read. */
function knownCount(data: Iterable<unknown>): number | undefined {
  if (Array.isArray(data)) return data.length;
  if (data instanceof Set || data instanceof Map) return data.size;
  if (ArrayBuffer.isView(data)) return (data as unknown as ArrayLike<unknown>).length;
  return undefined;
}

function adviceForFunction(data: object): string {
  const tag = Object.prototype.toString.call(data);
  return tag.includes('Generator') ? ' Call the generator function and pass what it returns.' : '';
}

function invalidInput(what: string, advice: string): ManyhandsError<'INVALID_ARGUMENT'> {
  return new ManyhandsError('INVALID_ARGUMENT', `The input must be ${INPUT_FORMS}; got ${what}.${advice}`);
}
