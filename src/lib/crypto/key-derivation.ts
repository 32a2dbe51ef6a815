/**
 * Keys from passphrases: PBKDF2, and scrypt with any parameters, also with those that RFC 7914 forbids (a cost of 2^(16 r)
 * and more) and most libraries refuse.
 * @module
 */
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';

const KEY_BYTES = 32;

/** 32 bytes from a passphrase by scrypt, without blocking the thread. Needs up to 128 * n * r bytes of memory. */
export function scryptKey(
  passphrase: Uint8Array,
  salt: Uint8Array,
  cost: { n: number; r: number; p: number },
): Promise<Uint8Array> {
  return scryptAsync(passphrase, salt, { N: cost.n, r: cost.r, p: cost.p, dkLen: KEY_BYTES });
}

/** 32 bytes from a passphrase by PBKDF2 with HMAC-SHA-256, without blocking the thread. */
export function pbkdf2Key(passphrase: Uint8Array, salt: Uint8Array, rounds: number): Promise<Uint8Array> {
  return pbkdf2Async(sha256, passphrase, salt, { c: rounds, dkLen: KEY_BYTES });
}
