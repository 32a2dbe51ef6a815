/**
 * What a member of a compute group holds, and what it sends. Apart from `group-proof.ts`, which is loaded when something
 * is proved.
 * @module
 */
import { sha256Hex } from '../lib/crypto/sha256.js';
import type { Address } from './address.js';

/** What a member holds: the SHA-256 of the secret, as good as the secret itself, or nothing for an open group. */
export interface GroupCredential {
  key: string;
  /** 64 lower-case hexadecimal digits; never sent to anybody. */
  secretHash?: string;
}

/** What a member sends. */
export interface GroupProof {
  key: string;
  address: Address;
  signature: string;
}

/** The SHA-256 of a secret in UTF-8. */
export function hashSecret(secret: string): string {
  return sha256Hex(new TextEncoder().encode(secret));
}
