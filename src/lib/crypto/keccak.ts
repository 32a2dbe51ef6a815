/**
 * Keccak-256, Ethereum's hash.
 * @module
 */
import { keccak_256 } from '@noble/hashes/sha3.js';

/** 32 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}
