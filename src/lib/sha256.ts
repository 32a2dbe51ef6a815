/**
 * SHA-256 that also works where `crypto.subtle` does not exist (a page over plain HTTP, an opaque origin).
 * @module
 */
import { sha256 as digest } from '@noble/hashes/sha2.js';
import { toHex } from './ids.js';

/** The SHA-256 of `bytes`, as 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return toHex(digest(bytes));
}

/** What a digest looks like. */
export const DIGEST_PATTERN = /^[0-9a-f]{64}$/;
