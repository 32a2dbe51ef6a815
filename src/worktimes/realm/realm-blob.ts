/**
 * `Blob` and `File` whose bytes are in the sandbox's own memory. A browser stores the bytes of native blobs outside of the
 * sandbox's process, where they are not bounded; and Node 20 aborts the process where an index into a blob is not an integer.
 * @module
 */
import {
  apply,
  bufferOf,
  bytesOf,
  copyBytes,
  defineProperty,
  lengthOf,
  methodOf,
  offsetOf,
  OwnBytes,
  putBytes,
  TypeError,
} from './captured.js';

const { TextEncoder, TextDecoder, ReadableStream, Date } = globalThis;
const arrayFrom = Array.from.bind(Array);
const encodeText = methodOf(TextEncoder.prototype, 'encode');
const decodeText = methodOf(TextDecoder.prototype, 'decode');
const lowerCase = methodOf(String.prototype, 'toLowerCase');
const charCodeAt = methodOf(String.prototype, 'charCodeAt');
const { floor, max, min } = Math;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NUMBER = Number;

type Chunk = Uint8Array<ArrayBuffer>;

/** Passed by `slice` to the constructor: the bytes are used without a copy. */
const SHARED = Symbol('shared');

class RealmBlob {
  /** Never written to after construction. */
  #bytes: Chunk;
  readonly #type: string;

  constructor(parts?: unknown, options?: unknown, mark?: unknown) {
    if (mark === SHARED) {
      this.#bytes = parts as Chunk;
      this.#type = options as string;
      return;
    }
    const chunks: Record<number, Chunk> = { __proto__: null } as never;
    let count = 0;
    let length = 0;
    if (parts !== undefined) {
      const list = listOf(parts);
      for (; count < list.length; count++) {
        const chunk = RealmBlob.#chunkOf(list[count]);
        chunks[count] = chunk;
        length += lengthOf(chunk);
      }
    }
    this.#type = typeOf((options as { type?: unknown } | undefined)?.type);
    this.#bytes = new OwnBytes(length);
    for (let i = 0, at = 0; i < count; i++) {
      putBytes(this.#bytes, chunks[i]!, at);
      at += lengthOf(chunks[i]!);
    }
  }

  static #chunkOf(part: unknown): Chunk {
    if (typeof part === 'object' && part !== null) {
      if (#bytes in part) return part.#bytes;
      const bytes = bytesOf(part);
      if (bytes !== undefined) return copyBytes(bytes);
    }
    return apply(encodeText, encoder, [`${part as string}`]) as Chunk;
  }

  get size(): number {
    return lengthOf(this.#bytes);
  }

  get type(): string {
    return this.#type;
  }

  slice(start?: number, end?: number, contentType?: string): Blob {
    const size = lengthOf(this.#bytes);
    const from = position(start, 0, size);
    const length = max(position(end, size, size) - from, 0);
    const part = new OwnBytes(bufferOf(this.#bytes), offsetOf(this.#bytes) + from, length);
    return new RealmBlob(part, typeOf(contentType), SHARED);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return bufferOf(copyBytes(this.#bytes));
  }

  async bytes(): Promise<Chunk> {
    return copyBytes(this.#bytes);
  }

  async text(): Promise<string> {
    return apply(decodeText, decoder, [this.#bytes]) as string;
  }

  stream(): ReadableStream<Chunk> {
    const bytes = copyBytes(this.#bytes);
    return new ReadableStream({
      start: (controller) => {
        if (lengthOf(bytes) > 0) controller.enqueue(bytes);
        controller.close();
      },
    });
  }
}

class RealmFile extends RealmBlob {
  readonly #name: string;
  readonly #lastModified: number;

  constructor(parts: unknown, name: unknown, options?: unknown) {
    if (arguments.length < 2) throw new TypeError("Failed to construct 'File': 2 arguments required");
    super(listOf(parts), options);
    this.#name = `${name as string}`;
    const given = (options as { lastModified?: unknown } | undefined)?.lastModified;
    this.#lastModified = given === undefined ? Date.now() : NUMBER(given);
  }

  get name(): string {
    return this.#name;
  }

  get lastModified(): number {
    return this.#lastModified;
  }
}

/** Replaces `Blob` and `File` of the scope. */
export function replaceBlobs(scope: object): void {
  const found = { Blob: RealmBlob, File: RealmFile } as const;
  for (const name of ['Blob', 'File'] as const) {
    const value = found[name];
    defineProperty(value, 'name', { value: name, configurable: true });
    defineProperty(value, 'length', { value: name === 'Blob' ? 0 : 2, configurable: true });
    defineProperty(value.prototype, Symbol.toStringTag, { value: name, configurable: true });
    defineProperty(scope, name, { value, configurable: true, writable: true, enumerable: false });
  }
}

function listOf(parts: unknown): unknown[] {
  const isIterable = (typeof parts === 'object' && parts !== null) || typeof parts === 'function';
  if (!isIterable || typeof (parts as { [Symbol.iterator]?: unknown })[Symbol.iterator] !== 'function')
    throw new TypeError('The parts of a Blob are a sequence');
  return arrayFrom(parts as Iterable<unknown>);
}

const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/** The lower-case media type; empty where it has a character that is not printable ASCII. */
function typeOf(given: unknown): string {
  if (given === undefined) return '';
  const type = `${given as string}`;
  for (let i = 0; i < type.length; i++) {
    const code = apply(charCodeAt, type, [i]) as number;
    if (code < FIRST_PRINTABLE || code > LAST_PRINTABLE) return '';
  }
  return apply(lowerCase, type, []) as string;
}

/** An index into a blob, clamped; a negative one counts from its end. */
function position(given: unknown, fallback: number, size: number): number {
  if (given === undefined) return fallback;
  const number = NUMBER(given);
  const index = number === number ? floor(number) : 0;
  return index < 0 ? max(size + index, 0) : min(index, size);
}
