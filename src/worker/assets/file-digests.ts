/**
 * Digests of files that were checked already, so that nobody hashes megabytes again to tell one file from another.
 * @module
 */
import { sha256Hex } from '../../lib/crypto/sha256.js';

/** Forgets a file when nobody has it any more. */
const digests = new WeakMap<Uint8Array, string>();

/** Remembers the SHA-256 of bytes that were checked against it, and do not change any more. */
export function knowDigest(bytes: Uint8Array, digest: string): void {
  digests.set(bytes, digest);
}

/** The SHA-256 of bytes that do not change any more, which is computed where nobody knows it. */
export function digestOf(bytes: Uint8Array): string {
  const known = digests.get(bytes);
  if (known !== undefined) return known;
  const digest = sha256Hex(bytes);
  digests.set(bytes, digest);
  return digest;
}

/** Files of a message by name: their digests, as far as they are known, for whoever gets copies of them. */
export function knownDigests(files: Readonly<Record<string, unknown>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, file] of Object.entries(files)) {
    const digest = file instanceof Uint8Array ? digests.get(file) : undefined;
    if (digest !== undefined) found[name] = digest;
  }
  return found;
}
