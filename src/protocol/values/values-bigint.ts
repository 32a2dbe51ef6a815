/**
 * BigInts as two's complement, big-endian, in the fewest bytes.
 * @module
 */

/** The bytes of `value`; those of 0n are one zero byte. */
export function bigintBytes(value: bigint): Uint8Array {
  // ~v has as many bits as a negative v needs without its sign bit.
  const hex = (value < 0n ? ~value : value).toString(16);
  const bits = (hex.length - 1) * 4 + (32 - Math.clz32(parseInt(hex[0]!, 16)));
  const length = (bits >> 3) + 1;
  const digits = value < 0n ? BigInt.asUintN(length * 8, value).toString(16) : hex;
  const padded = digits.padStart(length * 2, '0');
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = parseInt(padded.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** The value of `length` (at least 1) bytes at `at`. */
export function bigintAt(bytes: Uint8Array, at: number, length: number): bigint {
  const parts: string[] = [];
  for (let i = at; i < at + length; i++) parts.push(HEX[bytes[i]!]!);
  const magnitude = BigInt(`0x${parts.join('')}`);
  return bytes[at]! > 0x7f ? magnitude - (1n << BigInt(length * 8)) : magnitude;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
