/**
 * Addresses that people write, with their checksum. Apart from `address.ts`, since the hash that it takes is no small
 * part of what a page of a deployer would load.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { keccak256 } from '../lib/crypto/keccak.js';
import { normalizeAddress, type Address } from './address.js';

const DIGITS = 40;

/**
 * The address that a person wrote: with or without `0x`. Capitals beside small letters are a checksum (EIP-55) and must
 * be right; all capitals, or none, are no checksum.
 * @throws ADDRESS_MALFORMED
 */
export function parseAddress(text: string): Address {
  const address = normalizeAddress(text);
  const digits = text.trim().slice(-DIGITS);
  const hasChecksum = /[a-f]/.test(digits) && /[A-F]/.test(digits);
  if (hasChecksum && digits !== checksummed(address.slice(2))) {
    throw new ManyhandsError(
      'ADDRESS_MALFORMED',
      'That address has a typo: its capital letters are a checksum (EIP-55), and it does not fit. Copy the address again.',
    );
  }
  return address;
}

/** The digits of an address with capitals as EIP-55 has them: where the hash of the small letters has 8 or more. */
function checksummed(lower: string): string {
  const hash = keccak256(new TextEncoder().encode(lower));
  const nibble = (i: number): number => (i % 2 === 0 ? hash[i >> 1]! >> 4 : hash[i >> 1]! & 15);
  return [...lower].map((digit, i) => (nibble(i) >= 8 ? digit.toUpperCase() : digit)).join('');
}
