/**
 * Encodes and decodes UTF-8, with a fast path for short ASCII, which most keys and many values are. Malformed bytes are
 * refused and lone surrogates are detected: no character is replaced.
 * @module
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Writes `text` at `at` if it is all ASCII; otherwise returns false, and the bytes there are undefined. */
export function writeAscii(text: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return false;
    bytes[at + i] = unit;
  }
  return true;
}

/** The number of bytes of `text` in UTF-8; −1 where it has a lone surrogate. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length++;
    else if (unit < 0xd800 || unit > 0xdfff) length += 2;
    else {
      const next = unit < 0xdc00 && i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (next < 0xdc00 || next > 0xdfff) return -1;
      length += 2;
      i++;
    }
  }
  return length;
}

/** Whether `text` has no lone surrogate, so that UTF-8 can encode it. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Writes text at `at`, within `room` bytes; returns how much was read and written. */
export function encodeInto(
  text: string,
  bytes: Uint8Array,
  at: number,
  room: number,
): { read: number; written: number } {
  return encoder.encodeInto(text, bytes.subarray(at, at + room));
}

/** Writes well-formed text at `at`; faster than the platform's encoder for short text. */
export function writeShortUtf8(text: string, bytes: Uint8Array, at: number): void {
  let to = at;
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!;
    if (point < 0x80) bytes[to++] = point;
    else {
      if (point < 0x800) bytes[to++] = 0xc0 | (point >> 6);
      else {
        if (point < 0x10000) bytes[to++] = 0xe0 | (point >> 12);
        else {
          bytes[to++] = 0xf0 | (point >> 18);
          bytes[to++] = 0x80 | ((point >> 12) & 63);
          i++;
        }
        bytes[to++] = 0x80 | ((point >> 6) & 63);
      }
      bytes[to++] = 0x80 | (point & 63);
    }
  }
}

/** The text of `length` bytes at `at`. @throws TypeError where they are not UTF-8 */
export function readUtf8(bytes: Uint8Array, at: number, length: number): string {
  if (length <= SHORT_MAX) {
    const text = readAscii(bytes, at, length);
    if (text !== undefined) return text;
  }
  return decoder.decode(bytes.subarray(at, at + length));
}

/** Up to so many bytes `String.fromCharCode` is faster than the platform's decoder. */
const SHORT_MAX = 24;
/** One array for each length, reused for each text, so that nothing is allocated. */
const UNITS = Array.from({ length: SHORT_MAX + 1 }, (_, length) => new Array<number>(length).fill(0));

function readAscii(bytes: Uint8Array, at: number, length: number): string | undefined {
  const units = UNITS[length]!;
  for (let i = 0; i < length; i++) {
    const unit = bytes[at + i]!;
    if (unit > 0x7f) return undefined;
    units[i] = unit;
  }
  return String.fromCharCode.apply(String, units);
}

const CACHE_SIZE = 1024;
const cache = new Array<string | undefined>(CACHE_SIZE);

/** Like `readUtf8`, for property names: they repeat, so recent ones are cached and compared instead of built again. */
export function readKey(bytes: Uint8Array, at: number, length: number): string {
  if (length === 0 || length > SHORT_MAX) return readUtf8(bytes, at, length);
  const mixed = bytes[at]! * 31 + bytes[at + length - 1]! * 7 + bytes[at + (length >> 1)]! * 131 + length;
  const slot = mixed & (CACHE_SIZE - 1);
  const known = cache[slot];
  if (known !== undefined && known.length === length && equalsAscii(known, bytes, at)) return known;
  const text = readUtf8(bytes, at, length);
  if (text.length === length) cache[slot] = text;
  return text;
}

function equalsAscii(text: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false;
  return true;
}
