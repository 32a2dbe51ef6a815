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

/**
 * The same where there is time to wait: large bytes are left to the platform, off this thread, where it can.
 * `bytes` must not change meanwhile.
 */
export async function sha256HexAsync(bytes: Uint8Array): Promise<string> {
  const subtle = (globalThis as { crypto?: { subtle?: SubtleCrypto } }).crypto?.subtle;
  if (subtle === undefined || bytes.length < SUBTLE_BYTES_MIN) return sha256Hex(bytes);
  return toHex(new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)));
}

/** Below this, asking the platform costs more than it saves. */
const SUBTLE_BYTES_MIN = 16 * 1024;

/** What a digest looks like. */
export const DIGEST_PATTERN = /^[0-9a-f]{64}$/;
