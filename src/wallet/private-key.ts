/**
 * Checks the form of a private key before any library receives it, because ethers quotes a malformed key in its errors.
 * Errors of this module never contain a digit of a key.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import type { Random } from '../lib/crypto/random.js';

/** The order of secp256k1's group; a key is at least 1 and below the order. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const HEX_KEY = /^(?:0x)?([0-9a-fA-F]{64})$/;

/**
 * Converts a private key from hexadecimal or bytes to 32 bytes; always a copy.
 * @throws KEY_MALFORMED
 */
export function parsePrivateKey(key: string | Uint8Array): Uint8Array {
  const bytes = key instanceof Uint8Array ? key.slice() : bytesOfHex(key);
  if (bytes === undefined || bytes.length !== 32 || !isInCurve(bytes)) {
    throw new ManyhandsError(
      'KEY_MALFORMED',
      'Not a private key: a private key is 64 hexadecimal digits (with or without 0x) or 32 bytes. ' +
        'The value is not shown, because it may be a secret.',
    );
  }
  return bytes;
}

/** A new random private key. */
export function newPrivateKey(random: Random): Uint8Array {
  // One in 2^128 random values is outside the valid range.
  for (;;) {
    const bytes = random.bytes(32);
    if (isInCurve(bytes)) return bytes;
  }
}

function bytesOfHex(text: unknown): Uint8Array | undefined {
  const digits = typeof text === 'string' ? HEX_KEY.exec(text)?.[1] : undefined;
  if (digits === undefined) return undefined;
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function isInCurve(bytes: Uint8Array): boolean {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value > 0n && value < CURVE_ORDER;
}
