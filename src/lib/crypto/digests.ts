/**
 * The algorithms of `crypto.subtle.digest`, for realms without `crypto.subtle`: opaque origins and pages over plain HTTP.
 * @module
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';

/** By the algorithm's name in the Web Cryptography API, in upper case. */
export const DIGESTS: ReadonlyMap<string, (bytes: Uint8Array) => Uint8Array> = new Map([
  ['SHA-1', sha1],
  ['SHA-256', sha256],
  ['SHA-384', sha384],
  ['SHA-512', sha512],
]);
