/**
 * A growable buffer with MessagePack's scalars, for the value writer and the segment writer. It writes bytes, numbers and text,
 * not objects.
 * @module
 */
import { VALUE_BYTES_MAX } from '../limits.js';
import { EXT } from './values-format.js';
import { ValueRefusal } from './values-refusal.js';
import { encodeInto, isWellFormed, utf8Length, writeAscii, writeShortUtf8 } from './values-text.js';

const TWO_32 = 2 ** 32;
/** For text up to this length space for three bytes a unit is reserved, so that it is encoded in one pass. */
const GUESSED_MAX = 0xffff;

/** The most bytes that are reserved and not used. */
const UNUSED_BYTES_MAX = 4 * GUESSED_MAX;

export class ByteSink {
  /** The written bytes are `bytes.subarray(0, pos)`. */
  bytes: Uint8Array<ArrayBuffer>;
  pos = 0;
  /** The largest end position of the current value. Growing far past it throws at once. */
  protected ceiling = Infinity;
  #view: DataView;

  constructor(initialBytes = 256) {
    this.bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Ensures space for `n` more bytes. Throws a `Refusal` where the value would exceed its limit. */
  reserve(n: number): void {
    if (this.pos + n > this.bytes.length) this.#grow(n);
  }

  #grow(n: number): void {
    const needed = this.pos + n;
    if (needed > this.ceiling + UNUSED_BYTES_MAX) throw tooManyBytes();
    const bigger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bigger.set(this.bytes.subarray(0, this.pos));
    this.bytes = bigger;
    this.#view = new DataView(bigger.buffer);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.pos++] = value;
  }

  /** A number: an integer format where it is a safe integer and not −0, else a float64 (NaN always has the same bits). */
  number(n: number): void {
    if ((n | 0) === n && (n !== 0 || 1 / n > 0)) return this.int32(n);
    this.reserve(9);
    if (n > 0 && n < TWO_32 && n >>> 0 === n) {
      this.bytes[this.pos] = 0xce;
      this.#view.setUint32(this.pos + 1, n);
      this.pos += 5;
    } else if (Number.isSafeInteger(n) && n !== 0) {
      const high = Math.floor(n / TWO_32);
      this.bytes[this.pos] = n > 0 ? 0xcf : 0xd3;
      this.#view.setInt32(this.pos + 1, high);
      this.#view.setUint32(this.pos + 5, n - high * TWO_32);
      this.pos += 9;
    } else {
      this.bytes[this.pos] = 0xcb;
      this.float64At(this.pos + 1, n);
      this.pos += 9;
    }
  }

  /** A signed 32-bit integer, in the fewest bytes. */
  int32(n: number): void {
    this.reserve(5);
    const { bytes } = this;
    if (n >= 0) {
      if (n < 0x80) bytes[this.pos++] = n;
      else if (n < 0x100) {
        bytes[this.pos++] = 0xcc;
        bytes[this.pos++] = n;
      } else if (n < 0x10000) this.#short(0xcd, n);
      else this.#long(0xce, n);
    } else if (n >= -32) bytes[this.pos++] = n;
    else if (n >= -128) {
      bytes[this.pos++] = 0xd0;
      bytes[this.pos++] = n;
    } else if (n >= -32768) this.#short(0xd1, n);
    else this.#long(0xd2, n);
  }

  /** Writes a float64 into reserved bytes. */
  protected float64At(at: number, n: number): void {
    if (n !== n) {
      this.#view.setUint32(at, 0x7ff80000);
      this.#view.setUint32(at + 4, 0);
    } else this.#view.setFloat64(at, n);
  }

  #short(head: number, n: number): void {
    this.bytes[this.pos] = head;
    this.bytes[this.pos + 1] = n >> 8;
    this.bytes[this.pos + 2] = n;
    this.pos += 3;
  }

  #long(head: number, n: number): void {
    this.bytes[this.pos] = head;
    this.#view.setUint32(this.pos + 1, n);
    this.pos += 5;
  }

  arrayHeader(n: number): void {
    this.reserve(5);
    if (n < 16) this.bytes[this.pos++] = 0x90 | n;
    else if (n < 0x10000) this.#short(0xdc, n);
    else this.#long(0xdd, n);
  }

  mapHeader(n: number): void {
    this.reserve(5);
    if (n < 16) this.bytes[this.pos++] = 0x80 | n;
    else if (n < 0x10000) this.#short(0xde, n);
    else this.#long(0xdf, n);
  }

  /** The head of an extension with `n` bytes of payload; reserves space for them. */
  extHeader(type: number, n: number): void {
    this.reserve(6 + n);
    const fixed = n === 1 ? 0xd4 : n === 2 ? 0xd5 : n === 4 ? 0xd6 : n === 8 ? 0xd7 : n === 16 ? 0xd8 : 0;
    if (fixed !== 0) this.bytes[this.pos++] = fixed;
    else if (n < 0x100) {
      this.bytes[this.pos++] = 0xc7;
      this.bytes[this.pos++] = n;
    } else if (n < 0x10000) this.#short(0xc8, n);
    else this.#long(0xc9, n);
    this.bytes[this.pos++] = type;
  }

  /** Bytes without a head. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  binary(bytes: Uint8Array): void {
    const n = bytes.length;
    this.reserve(5 + n);
    if (n < 0x100) {
      this.bytes[this.pos++] = 0xc4;
      this.bytes[this.pos++] = n;
    } else if (n < 0x10000) this.#short(0xc5, n);
    else this.#long(0xc6, n);
    this.raw(bytes);
  }

  /** Text as UTF-8; text with a lone surrogate, which UTF-8 cannot encode, as UTF-16 code units. */
  string(text: string): void {
    if (text.length < 32) this.#shortText(text);
    else if (text.length <= GUESSED_MAX) this.#middleText(text);
    else this.#longText(text);
  }

  #shortText(text: string): void {
    this.reserve(1 + text.length);
    if (writeAscii(text, this.bytes, this.pos + 1)) {
      this.bytes[this.pos] = 0xa0 | text.length;
      this.pos += 1 + text.length;
      return;
    }
    const length = utf8Length(text);
    if (length < 0) return this.#utf16(text);
    this.reserve(2 + length);
    this.#textHeader(length);
    writeShortUtf8(text, this.bytes, this.pos);
    this.pos += length;
  }

  /** Written behind the head that ASCII text of this length would have, and moved where the head is longer. */
  #middleText(text: string): void {
    const room = 3 * text.length;
    this.reserve(5 + room);
    const guess = this.pos + (text.length < 0x100 ? 2 : 3);
    const { written } = encodeInto(text, this.bytes, guess, room);
    if (written !== text.length && !isWellFormed(text)) return this.#utf16(text);
    const at = this.pos + (written < 0x100 ? 2 : written < 0x10000 ? 3 : 5);
    if (at !== guess) this.bytes.copyWithin(at, guess, guess + written);
    this.#textHeader(written);
    this.pos += written;
  }

  #longText(text: string): void {
    let length = text.length;
    this.reserve(5 + length);
    // Text of this length always has the longest head. The platform's encoder detects fastest whether it is all ASCII.
    if (encodeInto(text, this.bytes, this.pos + 5, length).read !== length) {
      length = utf8Length(text);
      if (length < 0) return this.#utf16(text);
      this.reserve(5 + length);
      encodeInto(text, this.bytes, this.pos + 5, length);
    }
    this.#textHeader(length);
    this.pos += length;
  }

  #textHeader(length: number): void {
    if (length < 32) this.bytes[this.pos++] = 0xa0 | length;
    else if (length < 0x100) {
      this.bytes[this.pos++] = 0xd9;
      this.bytes[this.pos++] = length;
    } else if (length < 0x10000) this.#short(0xda, length);
    else this.#long(0xdb, length);
  }

  #utf16(text: string): void {
    this.extHeader(EXT.utf16, text.length * 2);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      this.bytes[this.pos++] = unit >> 8;
      this.bytes[this.pos++] = unit;
    }
  }
}

export function tooManyBytes(): ValueRefusal {
  return new ValueRefusal(
    'too-large',
    'bytes',
    `the encoded value passes the limit of ${VALUE_BYTES_MAX} bytes`,
  );
}
