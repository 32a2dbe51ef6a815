/**
 * Remembers digests of verified files, so that large files are not hashed again to identify them.
 * @module
 */
import { sha256Hex } from '../../lib/crypto/sha256.js';

/** An entry is removed when its file is garbage-collected. */
const digests = new WeakMap<Uint8Array, string>();

/** Remembers the SHA-256 of verified bytes, which must not change any more. */
export function rememberDigest(bytes: Uint8Array, digest: string): void {
  digests.set(bytes, digest);
}

/** The SHA-256 of bytes, which must not change any more; computed if it is not remembered. */
export function digestOf(bytes: Uint8Array): string {
  const known = digests.get(bytes);
  if (known !== undefined) return known;
  const digest = sha256Hex(bytes);
  digests.set(bytes, digest);
  return digest;
}

/** The remembered digests of a message's files, by name, for the receiver of copies. */
export function knownDigests(files: Readonly<Record<string, unknown>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, file] of Object.entries(files)) {
    const digest = file instanceof Uint8Array ? digests.get(file) : undefined;
    if (digest !== undefined) found[name] = digest;
  }
  return found;
}
