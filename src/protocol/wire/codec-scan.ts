/**
 * Checks the structure of a MessagePack message before anything is built from it: every length fits into the message,
 * nesting and the number of values are bounded, keys are text, and there are no extension types. So the decoder that reads
 * the message afterwards allocates no more than the limits allow, and never reads past the end.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { MESSAGE_DEPTH_MAX, MESSAGE_NODES_MAX } from '../limits.js';

function malformed(what: string, at: number): ManyhandsError<'MESSAGE_MALFORMED'> {
  return new ManyhandsError(
    'MESSAGE_MALFORMED',
    `The message is not MessagePack as the protocol allows it: ${what} at byte ${at}.`,
    {
      path: '',
      at,
    },
  );
}

/** Bytes that follow the token of a value of fixed size (number, nil, boolean), by token; other tokens are not listed. */
const FIXED: Readonly<Record<number, number>> = {
  0xc0: 0,
  0xc2: 0,
  0xc3: 0,
  0xca: 4,
  0xcb: 8,
  0xcc: 1,
  0xcd: 2,
  0xce: 4,
  0xcf: 8,
  0xd0: 1,
  0xd1: 2,
  0xd2: 4,
  0xd3: 8,
};

/** Width in bytes of the length that follows the token of text (d9 to db) or binary (c4 to c6). */
const BLOB_WIDTH: Readonly<Record<number, number>> = { 0xc4: 1, 0xc5: 2, 0xc6: 4, 0xd9: 1, 0xda: 2, 0xdb: 4 };

/** Width in bytes of the length that follows the token of an array (dc, dd) or a map (de, df). */
const LIST_WIDTH: Readonly<Record<number, number>> = { 0xdc: 2, 0xdd: 4, 0xde: 2, 0xdf: 4 };

class Scan {
  readonly #bytes: Uint8Array;
  #at = 0;
  #nodes = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  value(depth: number): void {
    const start = this.#at;
    if (start >= this.#bytes.length) throw malformed('the end is inside a value', start);
    if (++this.#nodes > MESSAGE_NODES_MAX) throw malformed(`more than ${MESSAGE_NODES_MAX} values`, start);
    const token = this.#bytes[this.#at++]!;
    if (token < 0x80 || token >= 0xe0) return;
    if (token < 0x90) return this.#map(token & 0x0f, depth);
    if (token < 0xa0) return this.#array(token & 0x0f, depth);
    if (token < 0xc0) return this.#skip(token & 0x1f);
    const fixed = FIXED[token];
    if (fixed !== undefined) return this.#skip(fixed);
    const blobWidth = BLOB_WIDTH[token];
    if (blobWidth !== undefined) return this.#skip(this.#length(blobWidth));
    const listWidth = LIST_WIDTH[token];
    if (listWidth === undefined) throw malformed('an extension or a reserved token', start);
    const count = this.#length(listWidth);
    if (token < 0xde) this.#array(count, depth);
    else this.#map(count, depth);
  }

  #array(count: number, depth: number): void {
    this.#enter(depth);
    for (let i = 0; i < count; i++) this.value(depth + 1);
  }

  #map(count: number, depth: number): void {
    this.#enter(depth);
    for (let i = 0; i < count; i++) {
      const token = this.#bytes[this.#at] ?? 0;
      if (!((token >= 0xa0 && token < 0xc0) || (token >= 0xd9 && token <= 0xdb))) {
        throw malformed('a key that is not text', this.#at);
      }
      this.value(depth + 1);
      this.value(depth + 1);
    }
  }

  #enter(depth: number): void {
    if (depth >= MESSAGE_DEPTH_MAX) throw malformed(`nesting deeper than ${MESSAGE_DEPTH_MAX}`, this.#at);
  }

  #length(width: number): number {
    const start = this.#at;
    this.#skip(width);
    let length = 0;
    for (let i = start; i < this.#at; i++) length = length * 256 + this.#bytes[i]!;
    return length;
  }

  #skip(count: number): void {
    if (count > this.#bytes.length - this.#at)
      throw malformed('a length past the end of the message', this.#at);
    this.#at += count;
  }
}

/** @throws MESSAGE_MALFORMED unless `bytes` hold exactly one plain MessagePack value within the limits */
export function scanMessage(bytes: Uint8Array): void {
  const scan = new Scan(bytes);
  scan.value(0);
  if (scan.at !== bytes.length) throw malformed('further bytes after its value', scan.at);
}
