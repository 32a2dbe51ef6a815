/**
 * Keys out of passphrases: scrypt with any parameters, also those that RFC 7914 has since forbidden (a cost of 2^(16 r)
 * and more) and that most libraries refuse; and PBKDF2.
 * @module
 */
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';

const KEY_BYTES = 32;

/** 32 bytes out of a passphrase; lets others work in between. Takes up to 128 * n * r bytes of memory. */
export function scryptKey(
  passphrase: Uint8Array,
  salt: Uint8Array,
  cost: { n: number; r: number; p: number },
): Promise<Uint8Array> {
  return scryptAsync(passphrase, salt, { N: cost.n, r: cost.r, p: cost.p, dkLen: KEY_BYTES });
}

/** 32 bytes out of a passphrase by PBKDF2 with HMAC-SHA-256; lets others work in between. */
export function pbkdf2Key(passphrase: Uint8Array, salt: Uint8Array, rounds: number): Promise<Uint8Array> {
  return pbkdf2Async(sha256, passphrase, salt, { c: rounds, dkLen: KEY_BYTES });
}
