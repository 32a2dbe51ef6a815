/**
 * What a caller may hand in as input: told apart here, once, and never expanded or copied. Ranges travel as
 * their description; iterables and async iterables are read when they are sent.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { readBounds, type RangeBounds } from '../../protocol/input/input-sets.js';
import type { RangeInput } from '../../protocol/messages/messages.js';
import { rangeFromBounds } from '../../protocol/input/ranges.js';
import { remoteData, toRemoteSet } from './remote-input.js';

export type JobInput =
  | { readonly kind: 'range'; readonly range: RangeInput; readonly slices: number }
  | {
      readonly kind: 'values';
      readonly values: Iterable<unknown>;
      readonly slices?: number;
      /** Where its data are fetched from by workers. */
      readonly origins?: readonly string[];
    }
  | { readonly kind: 'stream'; readonly iterator: AsyncIterator<unknown>; readonly slices?: undefined };

export const INPUT_FORMS =
  'an array, an iterable, an async iterable, a RangeObject, { start, end, step?, group? }, a RemoteDataSet, a RemoteDataPattern, or a number of slices';

/** @throws INVALID_ARGUMENT when `data` is none of the accepted forms */
export function toJobInput(data: unknown): JobInput {
  if (typeof data === 'number') return countInput(data);
  if (typeof data === 'function') throw refused('a function', adviceForFunction(data));
  if (typeof data === 'string') throw refused('a string', ' For its characters, hand in [...text].');
  if (typeof data !== 'object' || data === null) throw refused(String(data), '');
  if (isRangeBounds(data)) return boundsInput(readBounds(data, 'A range'));
  const remote = toRemoteSet(data);
  if (remote !== undefined) {
    return { kind: 'values', values: remoteData(remote), slices: remote.length, origins: remote.origins };
  }
  if (data instanceof Promise) throw refused('a promise', ' Await it first.');
  if (isAsyncIterable(data)) return { kind: 'stream', iterator: takeIterator(data) };
  if (isIterable(data)) return { kind: 'values', values: data, slices: knownCount(data) };
  throw refused('an object that cannot be iterated', '');
}

/**
 * The iterator, taken in the very turn in which the caller hands the source in: one that is fed by events, as
 * `readline`'s is, loses what is emitted before. What goes wrong here surfaces when it is read.
 * @throws INVALID_ARGUMENT where lines are lost already
 */
function takeIterator(data: AsyncIterable<unknown>): AsyncIterator<unknown> {
  refuseStartedLines(data);
  try {
    return data[Symbol.asyncIterator]();
  } catch (error) {
    const failed = Promise.reject<never>(error);
    failed.catch(() => undefined);
    return { next: () => failed };
  }
}

/** Parts of Node's `readline.Interface`, known by its shape: this module runs in pages too. */
interface LineReader {
  on?: unknown;
  closed?: unknown;
  terminal?: unknown;
  input?: { readableDidRead?: unknown };
}

function refuseStartedLines(data: object): void {
  const { on, closed, terminal, input } = data as LineReader;
  if (typeof on !== 'function' || typeof terminal !== 'boolean' || typeof input !== 'object') return;
  if (closed !== true && input?.readableDidRead !== true) return;
  throw refused(
    'a readline interface that has begun to read, whose lines so far are lost',
    ' Hand it in right behind createInterface, before anything is awaited, or take its iterator there and hand ' +
      'that in: createInterface({ input })[Symbol.asyncIterator]().',
  );
}

/** Lets a source that is not read to its end free what it holds; what it throws meanwhile helps nobody. */
export function closeIterator(iterator: Iterator<unknown> | AsyncIterator<unknown>): void {
  try {
    const closing: unknown = iterator.return?.();
    if (closing instanceof Promise) closing.catch(() => undefined);
  } catch {
    return;
  }
}

/** An input that will never be read: where its source is open already, it is closed. */
export function discardInput(input: JobInput): void {
  if (input.kind === 'stream') closeIterator(input.iterator);
}

/** `count` slices whose data are 0 … count - 1. */
export function countInput(count: number): JobInput {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `The number of slices must be a whole number from 0, got ${count}.`,
    );
  }
  if (count === 0) return { kind: 'values', values: [], slices: 0 };
  return boundsInput({ start: 0, end: count - 1, step: 1 });
}

export function boundsInput(bounds: RangeBounds): JobInput {
  const range = rangeFromBounds(bounds.start, bounds.end, bounds.step, bounds.group);
  return { kind: 'range', range, slices: range.count };
}

/** Whether an object means a range; one of its names may be misspelt. */
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

/** The number of elements where it is known before they are read. */
function knownCount(data: Iterable<unknown>): number | undefined {
  if (Array.isArray(data)) return data.length;
  if (data instanceof Set || data instanceof Map) return data.size;
  if (ArrayBuffer.isView(data)) return (data as unknown as ArrayLike<unknown>).length;
  return undefined;
}

function adviceForFunction(data: object): string {
  const tag = Object.prototype.toString.call(data);
  return tag.includes('Generator') ? ' Call the generator function and hand in what it returns.' : '';
}

function refused(what: string, advice: string): ManyhandsError<'INVALID_ARGUMENT'> {
  return new ManyhandsError('INVALID_ARGUMENT', `The input must be ${INPUT_FORMS}; got ${what}.${advice}`);
}
