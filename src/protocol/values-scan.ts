/**
 * Whether bytes are the structure of one encoded value, without building it: heads that exist, lengths that end where the
 * bytes end, bounded nesting, text that is UTF-8. So the scheduler refuses what nobody could read, and never decodes what
 * strangers send. What only building shows (a reference to nothing, a regular expression that does not compile) is found
 * by the reader.
 * @module
 */
import { VALUE_DEPTH_MAX, VALUE_OBJECTS_MAX } from './limits.js';
import { EXT, TAG, VIEW_KINDS_BY_EXT } from './values-format.js';

/** Items that are left of each array or map that is open, and whether it is a map (its items are keys and values). */
const itemsLeft = new Int32Array(VALUE_DEPTH_MAX + 2);
const isMap = new Uint8Array(VALUE_DEPTH_MAX + 2);
const TAG_MAX = Math.max(...Object.values(TAG));
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes behind the head of numbers, nil and booleans by head - 0xc0; -1 for other heads. */
const FIXED = Int8Array.from([
  0, -1, 0, 0, -1, -1, -1, -1, -1, -1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
  -1, -1,
]);

/** Whether the bytes from `from` to `to` are one value in its encoding, as far as its structure says. */
export function isValueAt(bytes: Uint8Array, from: number, to: number): boolean {
  if (from >= to || to > bytes.length) return false;
  // By far the most slices come to one number.
  const head = bytes[from]!;
  if (head < 0x80 || head >= 0xe0) return to - from === 1;
  const width = head >= 0xc0 ? FIXED[head - 0xc0]! : -1;
  if (width >= 0 && width !== 8) return to - from === 1 + width;
  if (head === 0xcb) return to - from === 9;
  return new Scan(bytes, from, to).run();
}

class Scan {
  readonly #bytes: Uint8Array;
  readonly #to: number;
  #at: number;
  #depth = 0;
  #opened = 0;

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
  }

  run(): boolean {
    itemsLeft[0] = 1;
    isMap[0] = 0;
    for (;;) {
      while (itemsLeft[this.#depth] === 0) {
        if (this.#depth === 0) return this.#at === this.#to;
        this.#depth -= 1;
      }
      const isKey = isMap[this.#depth] === 1 && itemsLeft[this.#depth]! % 2 === 0;
      itemsLeft[this.#depth]! -= 1;
      if (this.#at >= this.#to || !this.#item(this.#bytes[this.#at++]!, isKey)) return false;
    }
  }

  #item(head: number, isKey: boolean): boolean {
    if (head >= 0xa0 && head < 0xc0) return this.#text(head & 31);
    if (head >= 0xd9 && head <= 0xdb) return this.#text(this.#length(head - 0xd9));
    const isExt = (head >= 0xc7 && head <= 0xc9) || (head >= 0xd4 && head <= 0xd8);
    if (isKey && !isExt) return false;
    if (head < 0x80 || head >= 0xe0) return true;
    if (head < 0x90) return this.#open(2 * (head & 15), 1);
    if (head < 0xa0) return this.#open(head & 15, 0);
    if (isExt) return this.#ext(head >= 0xd4 ? 1 << (head - 0xd4) : this.#length(head - 0xc7));
    if (head === 0xcf || head === 0xd3) return this.#long(head === 0xd3);
    if (FIXED[head - 0xc0]! >= 0) return this.#skip(FIXED[head - 0xc0]!);
    switch (head) {
      case 0xdc:
      case 0xdd:
        return this.#open(this.#length(head - 0xdb), 0);
      case 0xde:
      case 0xdf:
        return this.#open(2 * this.#length(head - 0xdd), 1);
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#skip(this.#length(head - 0xc4));
      default:
        return false;
    }
  }

  /** A length of 1, 2 or 4 bytes (`size` 0, 1, 2); more than there can be where it is not whole. */
  #length(size: number): number {
    const width = 1 << size;
    if (width > this.#to - this.#at) return Infinity;
    let length = 0;
    for (let i = 0; i < width; i++) length = length * 256 + this.#bytes[this.#at++]!;
    return length;
  }

  #skip(count: number): boolean {
    if (count > this.#to - this.#at) return false;
    this.#at += count;
    return true;
  }

  #text(length: number): boolean {
    const from = this.#at;
    if (!this.#skip(length)) return false;
    for (let i = from; i < this.#at; i++)
      if (this.#bytes[i]! >= 0x80) return isUtf8(this.#bytes.subarray(from, this.#at));
    return true;
  }

  #long(isSigned: boolean): boolean {
    const from = this.#at;
    if (!this.#skip(8)) return false;
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + from, 8);
    const high = isSigned ? view.getInt32(0) : view.getUint32(0);
    return Number.isSafeInteger(high * 2 ** 32 + view.getUint32(4));
  }

  #open(items: number, map: 0 | 1): boolean {
    if (items > this.#to - this.#at || this.#depth >= VALUE_DEPTH_MAX) return false;
    if (++this.#opened > VALUE_OBJECTS_MAX) return false;
    this.#depth += 1;
    itemsLeft[this.#depth] = items;
    isMap[this.#depth] = map;
    return true;
  }

  #ext(length: number): boolean {
    const type = this.#bytes[this.#at];
    if (!this.#skip(1) || length > this.#to - this.#at) return false;
    const first = this.#bytes[this.#at]!;
    this.#at += length;
    switch (type) {
      case EXT.undefined:
        return length === 1 && first === 0;
      case EXT.bigint:
        return length > 0;
      case EXT.date:
        return length === 8;
      case EXT.reference:
        return length === 1 || length === 2 || length === 4;
      case EXT.utf16:
        return length % 2 === 0;
      case EXT.tag:
        return length === 1 && first <= TAG_MAX;
      case EXT.arrayBuffer:
        return true;
      default: {
        const kind = VIEW_KINDS_BY_EXT.get(type!);
        return kind !== undefined && length % kind.elementBytes === 0;
      }
    }
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
