/**
 * SHA-256, also for realms without `crypto.subtle` (pages over plain HTTP, opaque origins).
 * @module
 */
import { sha256 as digest } from '@noble/hashes/sha2.js';
import { toHex } from './ids.js';

/** The SHA-256 of `bytes`, as 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return toHex(digest(bytes));
}

/**
 * The same, asynchronously: the platform hashes large inputs outside of this thread where it can. `bytes` must not be changed
 * until the promise resolves.
 */
export async function sha256HexAsync(bytes: Uint8Array): Promise<string> {
  const subtle = (globalThis as { crypto?: { subtle?: SubtleCrypto } }).crypto?.subtle;
  if (subtle === undefined || bytes.length < SUBTLE_BYTES_MIN) return sha256Hex(bytes);
  return toHex(new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)));
}

/** For smaller inputs the call to the platform takes longer than hashing here. */
const SUBTLE_BYTES_MIN = 16 * 1024;

/** The form of a digest. */
export const DIGEST_PATTERN = /^[0-9a-f]{64}$/;
