/**
 * Text to and from UTF-8, with a quick way for short ASCII, which is most keys and many values. Ill-formed bytes
 * are refused, lone surrogates are found: nothing is ever replaced in silence.
 * @module
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Writes `text` at `at` when it is all ASCII; else says false (and has written rubbish there). */
export function writeAscii(text: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return false;
    bytes[at + i] = unit;
  }
  return true;
}

/** The bytes of `text` in UTF-8, or −1 where it has a lone surrogate. */
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

/** Writes well-formed `text`, whose UTF-8 is `length` bytes, at `at`. */
export function writeUtf8(text: string, bytes: Uint8Array, at: number, length: number): void {
  encoder.encodeInto(text, bytes.subarray(at, at + length));
}

/** The text of `length` bytes at `at`. Throws a `TypeError` where they are not UTF-8. */
export function readUtf8(bytes: Uint8Array, at: number, length: number): string {
  if (length <= 24) {
    const text = readAscii(bytes, at, length);
    if (text !== undefined) return text;
  }
  return decoder.decode(bytes.subarray(at, at + length));
}

function readAscii(bytes: Uint8Array, at: number, length: number): string | undefined {
  let text = '';
  for (let i = at; i < at + length; i++) {
    const unit = bytes[i]!;
    if (unit > 0x7f) return undefined;
    text += String.fromCharCode(unit);
  }
  return text;
}

const CACHE_SIZE = 1024;
const cache = new Array<string | undefined>(CACHE_SIZE);

/** Like `readUtf8`, for property names: they repeat, so the last ones seen are kept and compared, not built again. */
export function readKey(bytes: Uint8Array, at: number, length: number): string {
  if (length === 0 || length > 24) return readUtf8(bytes, at, length);
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
