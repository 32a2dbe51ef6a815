/**
 * Streams as input: those of Node and of the web. What a stream gives is the data, so those of a stream of bytes are its chunks. A
 * stream is read no faster than its data are sent, and destroyed when its job does not need the rest, also while a read is pending.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

/** What is used of Node's `Readable`, which is recognised by its properties because this module also runs in pages. */
interface NodeStream extends AsyncIterable<unknown> {
  readonly readableObjectMode: boolean;
  readonly readableEnded: boolean;
  readonly destroyed: boolean;
  on(event: 'error', listener: () => void): void;
  destroy(): void;
}

/** The data of a stream; undefined if `data` is none. @throws INVALID_ARGUMENT for a stream that was read or is in use */
export function streamIterator(data: object): AsyncIterator<unknown> | undefined {
  if (isNodeStream(data)) return nodeIterator(data);
  return isWebStream(data) ? webIterator(data) : undefined;
}

function isNodeStream(data: object): data is NodeStream {
  const { readableObjectMode, destroy, on } = data as Partial<NodeStream>;
  return typeof readableObjectMode === 'boolean' && typeof destroy === 'function' && typeof on === 'function';
}

function isWebStream(data: object): data is ReadableStream<unknown> {
  const { getReader, locked } = data as Partial<ReadableStream>;
  return typeof getReader === 'function' && typeof locked === 'boolean';
}

function nodeIterator(stream: NodeStream): AsyncIterator<unknown> {
  if (stream.destroyed || stream.readableEnded) throw refused('a stream that has ended or was destroyed');
  // An error before the first read is reported by that read.
  stream.on('error', () => undefined);
  const items = stream[Symbol.asyncIterator]();
  return {
    next: () => items.next(),
    return: () => {
      // The iterator's own `return` would wait for a read that is pending.
      stream.destroy();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

function webIterator(stream: ReadableStream<unknown>): AsyncIterator<unknown> {
  if (stream.locked) throw refused('a stream that is locked: something else reads it');
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

function refused(what: string): ManyhandsError {
  return new ManyhandsError(
    'INVALID_ARGUMENT',
    `The input is ${what}; pass a new stream, before anything else reads it.`,
  );
}
