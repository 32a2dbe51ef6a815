/**
 * scrypt with any parameters, also those that RFC 7914 has since forbidden (a cost of 2^(16 r) and more) and that
 * most libraries refuse.
 * @module
 */
import { scryptAsync } from '@noble/hashes/scrypt.js';

/** 32 bytes out of a passphrase; lets others work in between. Takes up to 128 * n * r bytes of memory. */
export function scryptKey(
  passphrase: Uint8Array,
  salt: Uint8Array,
  cost: { n: number; r: number; p: number },
): Promise<Uint8Array> {
  return scryptAsync(passphrase, salt, { N: cost.n, r: cost.r, p: cost.p, dkLen: 32 });
}
