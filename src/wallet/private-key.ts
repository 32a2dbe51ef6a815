/**
 * The shape of a private key, checked before any library sees it: ethers quotes a malformed key in its errors.
 * Nothing here ever says a digit of a key.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import type { Random } from '../lib/crypto/random.js';

/** The order of secp256k1's group; keys are from 1 to one below it. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const HEX_KEY = /^(?:0x)?([0-9a-fA-F]{64})$/;

/**
 * The 32 bytes of a private key given as hexadecimal or bytes; always a copy.
 * @throws KEY_MALFORMED
 */
export function parsePrivateKey(key: string | Uint8Array): Uint8Array {
  const bytes = key instanceof Uint8Array ? key.slice() : bytesOfHex(key);
  if (bytes === undefined || bytes.length !== 32 || !isInCurve(bytes)) {
    throw new ManyhandsError(
      'KEY_MALFORMED',
      'That is no private key: a private key is 64 hexadecimal digits (with or without 0x) or 32 bytes. ' +
        'What was given is not shown, since it may be a secret.',
    );
  }
  return bytes;
}

/** A fresh private key. */
export function newPrivateKey(random: Random): Uint8Array {
  // One in 2^128 draws is outside the curve's order.
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
