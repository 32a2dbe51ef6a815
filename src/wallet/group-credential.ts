/**
 * The credential of a compute group's member and the proof that it sends. Separate from `group-proof.ts`, which is
 * loaded only to create a proof.
 * @module
 */
import { sha256Hex } from '../lib/crypto/sha256.js';
import type { Address } from '../lib/address.js';

/**
 * The credential of a member: the SHA-256 of the secret, which is equivalent to the secret, or none for an open group.
 */
export interface GroupCredential {
  key: string;
  /** 64 lower-case hexadecimal digits; never sent. */
  secretHash?: string;
}

/** The proof that a member sends. */
export interface GroupProof {
  key: string;
  address: Address;
  signature: string;
}

/** The SHA-256 of a secret in UTF-8. */
export function hashSecret(secret: string): string {
  return sha256Hex(new TextEncoder().encode(secret));
}
