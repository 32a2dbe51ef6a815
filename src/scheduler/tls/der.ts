/**
 * The parts of an ASN.1 DER encoder that a certificate needs: each function returns the bytes of one element.
 * @module
 */

/** An element with that tag that contains the parts. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag, ...lengthOf(body.length)), body]);
}

export const sequence = (...parts: Uint8Array[]): Uint8Array => element(0x30, ...parts);
export const set = (...parts: Uint8Array[]): Uint8Array => element(0x31, ...parts);
export const octets = (bytes: Uint8Array): Uint8Array => element(0x04, bytes);
export const utf8 = (text: string): Uint8Array => element(0x0c, Buffer.from(text, 'utf8'));
export const DER_TRUE = element(0x01, Uint8Array.of(0xff));

/** A bit string, without its last `unused` bits. */
export const bits = (bytes: Uint8Array, unused = 0): Uint8Array =>
  element(0x03, Uint8Array.of(unused), bytes);

/** A constructed context-specific element `[number]`. */
export const explicitTag = (number: number, part: Uint8Array): Uint8Array => element(0xa0 + number, part);

/** A primitive context-specific element `[number]`. */
export const implicitTag = (number: number, bytes: Uint8Array): Uint8Array => element(0x80 + number, bytes);

/** A positive integer from its bytes, most significant first. */
export function derInteger(bytes: Uint8Array): Uint8Array {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const digits = bytes.subarray(from);
  // A leading 1 bit would make it negative.
  return element(0x02, digits[0]! >= 0x80 ? Buffer.concat([Uint8Array.of(0), digits]) : digits);
}

/** An object identifier such as `2.5.29.17`. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A time in seconds: UTCTime up to 2049, GeneralizedTime from 2050 on, as RFC 5280 requires. */
export function time(wallMs: number): Uint8Array {
  const digits = new Date(wallMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return Number(digits.slice(0, 4)) < 2050
    ? element(0x17, Buffer.from(digits.slice(2), 'ascii'))
    : element(0x18, Buffer.from(digits, 'ascii'));
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const digits: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return [0x80 + digits.length, ...digits];
}

function base128(number: number): number[] {
  const digits = [number % 128];
  for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) {
    digits.unshift(0x80 + (left % 128));
  }
  return digits;
}
