/**
 * Checks the structure of one encoded value without building it: known heads, lengths within the bytes, bounded nesting, text
 * in UTF-8. The scheduler uses it to refuse malformed outcomes without decoding untrusted values. Faults that only decoding can
 * find (a reference to no object, a regular expression that does not compile) are left to the reader.
 * @module
 */
import { VALUE_DEPTH_MAX, VALUE_OBJECTS_MAX } from '../limits.js';
import { EXT, TAG, VIEW_KINDS_BY_EXT } from './values-format.js';

/** The arrays and maps that contain the current item: the remaining items of each, and whether it is a map (keys and values count). */
interface Open {
  readonly itemsLeft: Int32Array;
  readonly isMap: Uint8Array;
}

const newOpen = (): Open => ({
  itemsLeft: new Int32Array(VALUE_DEPTH_MAX + 2),
  isMap: new Uint8Array(VALUE_DEPTH_MAX + 2),
});
const TAG_MAX = Math.max(...Object.values(TAG));
const NOTHING = new Uint8Array(0);
const newUtf8 = (): TextDecoder => new TextDecoder('utf-8', { fatal: true });
/** For texts within one part. */
const SHARED_UTF8 = newUtf8();
/** The longest start of an item that must be in one part: a head and an integer, or head, length, type and first byte. */
const HEADER_BYTES_MAX = 9;

/** Bytes that follow the head of numbers, nil and booleans, by head - 0xc0; -1 for other heads. */
const FIXED = Int8Array.from([
  0, -1, 0, 0, -1, -1, -1, -1, -1, -1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
  -1, -1,
]);

/** Whether the bytes from `from` to `to` have the structure of exactly one encoded value. */
export function isValueAt(bytes: Uint8Array, from: number, to: number): boolean {
  if (from >= to || to > bytes.length) return false;
  // Most slices return a single number.
  const head = bytes[from]!;
  if (head < 0x80 || head >= 0xe0) return to - from === 1;
  const width = head >= 0xc0 ? FIXED[head - 0xc0]! : -1;
  if (width >= 0)
    return to - from === 1 + width && (!isLong(head) || isSafeLong(bytes, from + 1, head === 0xd3));
  SHARED_SCAN.restart(to - from);
  return SHARED_SCAN.take(bytes, from, to) && SHARED_SCAN.isWhole;
}

/** Whether a head is that of a 64-bit integer, unsigned or signed. */
function isLong(head: number): boolean {
  return head === 0xcf || head === 0xd3;
}

/** Whether the 8 bytes at `at` are an integer that is exact as a double. */
function isSafeLong(bytes: Uint8Array, at: number, isSigned: boolean): boolean {
  const word = (i: number): number =>
    (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!;
  const high = isSigned ? word(at) : word(at) >>> 0;
  return Number.isSafeInteger(high * 2 ** 32 + (word(at + 4) >>> 0));
}

/** The same check for bytes that arrive in parts, with memory for one part. */
export class ValueScan {
  readonly #open = newOpen();
  #bytes: Uint8Array = NOTHING;
  /** The position of the scan, which may be behind the end of the part. */
  #at = 0;
  #to = 0;
  /** Bytes of the value that follow this part. */
  #behind = 0;
  #depth = 0;
  #opened = 0;
  /** Remaining bytes of a text that began in an earlier part. */
  #textLeft = 0;
  #utf8: TextDecoder | undefined;
  #isWhole = false;

  /** @param bytes of the whole value */
  constructor(bytes: number) {
    this.restart(bytes);
  }

  /** Starts the check of another value. @param bytes of the whole value */
  restart(bytes: number): void {
    this.#bytes = NOTHING;
    this.#at = 0;
    this.#to = 0;
    this.#behind = bytes;
    this.#depth = 0;
    this.#opened = 0;
    this.#textLeft = 0;
    this.#utf8 = undefined;
    this.#isWhole = false;
    this.#open.itemsLeft[0] = 1;
    this.#open.isMap[0] = 0;
  }

  /** Whether the parts so far are exactly one value. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Checks the next part; false where it is malformed, after which `take` must not be called again. */
  take(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
    if (to - from > this.#behind) return false;
    this.#behind -= to - from;
    const kept = this.#to - this.#at;
    if (kept > 0) {
      const joined = new Uint8Array(kept + to - from);
      joined.set(this.#bytes.subarray(this.#at, this.#to));
      joined.set(bytes.subarray(from, to), kept);
      this.#bytes = joined;
      this.#at = 0;
      this.#to = joined.length;
    } else {
      this.#bytes = bytes;
      this.#at = from - kept;
      this.#to = to;
    }
    return this.#continueText() && this.#run();
  }

  #run(): boolean {
    const { itemsLeft, isMap } = this.#open;
    for (;;) {
      // The item continues in the next part.
      if (this.#textLeft > 0 || this.#at > this.#to) return true;
      while (itemsLeft[this.#depth] === 0) {
        if (this.#depth === 0) {
          this.#isWhole = this.#remaining() === 0;
          return this.#isWhole;
        }
        this.#depth -= 1;
      }
      if (this.#at >= this.#to || (this.#behind > 0 && this.#to - this.#at < HEADER_BYTES_MAX))
        return this.#remaining() > 0;
      const isKey = isMap[this.#depth] === 1 && itemsLeft[this.#depth]! % 2 === 0;
      itemsLeft[this.#depth]! -= 1;
      if (!this.#item(this.#bytes[this.#at++]!, isKey)) return false;
    }
  }

  /** Bytes of the value that are not checked yet. */
  #remaining(): number {
    return this.#to - this.#at + this.#behind;
  }

  #item(head: number, isKey: boolean): boolean {
    if (head >= 0xa0 && head < 0xc0) return this.#text(head & 31);
    if (head >= 0xd9 && head <= 0xdb) return this.#text(this.#length(head - 0xd9));
    const isExt = (head >= 0xc7 && head <= 0xc9) || (head >= 0xd4 && head <= 0xd8);
    if (isKey && !isExt) return false;
    if (head < 0x80 || head >= 0xe0) return true;
    if (head < 0x90) return this.#begin(2 * (head & 15), 1);
    if (head < 0xa0) return this.#begin(head & 15, 0);
    if (isExt) return this.#ext(head >= 0xd4 ? 1 << (head - 0xd4) : this.#length(head - 0xc7));
    if (isLong(head)) return this.#long(head === 0xd3);
    if (FIXED[head - 0xc0]! >= 0) return this.#skip(FIXED[head - 0xc0]!);
    switch (head) {
      case 0xdc:
      case 0xdd:
        return this.#begin(this.#length(head - 0xdb), 0);
      case 0xde:
      case 0xdf:
        return this.#begin(2 * this.#length(head - 0xdd), 1);
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#skip(this.#length(head - 0xc4));
      default:
        return false;
    }
  }

  /** A length of 1, 2 or 4 bytes (`size` 0, 1, 2); Infinity where bytes are missing. */
  #length(size: number): number {
    const width = 1 << size;
    if (width > this.#remaining()) return Infinity;
    let length = 0;
    for (let i = 0; i < width; i++) length = length * 256 + this.#bytes[this.#at++]!;
    return length;
  }

  #skip(count: number): boolean {
    if (count > this.#remaining()) return false;
    this.#at += count;
    return true;
  }

  #text(length: number): boolean {
    if (length > this.#remaining()) return false;
    this.#textLeft = length;
    return this.#continueText();
  }

  /** Checks the bytes of a text that are in this part. */
  #continueText(): boolean {
    if (this.#textLeft === 0) return true;
    const from = this.#at;
    this.#at += Math.min(this.#textLeft, this.#to - from);
    this.#textLeft -= this.#at - from;
    if (this.#utf8 === undefined) {
      let i = from;
      while (i < this.#at && this.#bytes[i]! < 0x80) i += 1;
      if (i === this.#at) return true;
    }
    const isWhole = this.#textLeft === 0;
    const utf8 = this.#utf8 ?? (isWhole ? SHARED_UTF8 : newUtf8());
    this.#utf8 = isWhole ? undefined : utf8;
    try {
      utf8.decode(this.#bytes.subarray(from, this.#at), { stream: !isWhole });
      return true;
    } catch {
      return false;
    }
  }

  #long(isSigned: boolean): boolean {
    const from = this.#at;
    if (!this.#skip(8)) return false;
    return isSafeLong(this.#bytes, from, isSigned);
  }

  #begin(items: number, map: 0 | 1): boolean {
    if (items > this.#remaining() || this.#depth >= VALUE_DEPTH_MAX) return false;
    if (++this.#opened > VALUE_OBJECTS_MAX) return false;
    this.#depth += 1;
    this.#open.itemsLeft[this.#depth] = items;
    this.#open.isMap[this.#depth] = map;
    return true;
  }

  #ext(length: number): boolean {
    const type = this.#bytes[this.#at];
    if (!this.#skip(1) || length > this.#remaining()) return false;
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

/** For scans that end in the turn in which they begin. */
const SHARED_SCAN = new ValueScan(0);
