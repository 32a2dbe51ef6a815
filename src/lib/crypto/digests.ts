/**
 * The digests of `crypto.subtle.digest`, for where a browser has no `crypto.subtle`: an opaque origin, a page over
 * plain HTTP.
 * @module
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';

/** By the name that the Web Cryptography API gives to the algorithm, in capitals. */
export const DIGESTS: ReadonlyMap<string, (bytes: Uint8Array) => Uint8Array> = new Map([
  ['SHA-1', sha1],
  ['SHA-256', sha256],
  ['SHA-384', sha384],
  ['SHA-512', sha512],
]);
