/**
 * Parses addresses that people write and verifies their checksum. Separate from `address.ts`, because the hash function
 * would noticeably enlarge the pages of deployers.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { keccak256 } from '../lib/crypto/keccak.js';
import { normalizeAddress, type Address } from '../lib/address.js';

const DIGITS = 40;

/**
 * Parses an address with or without `0x`. Mixed case is a checksum (EIP-55) and must be correct; all upper or all lower
 * case has no checksum.
 * @throws ADDRESS_MALFORMED
 */
export function parseAddress(text: string): Address {
  const address = normalizeAddress(text);
  const digits = text.trim().slice(-DIGITS);
  const hasChecksum = /[a-f]/.test(digits) && /[A-F]/.test(digits);
  if (hasChecksum && digits !== checksummed(address.slice(2))) {
    throw new ManyhandsError(
      'ADDRESS_MALFORMED',
      'The address has a typo: its capital letters are a checksum (EIP-55), which does not match. Copy the address again.',
    );
  }
  return address;
}

/** The digits of an address in the case of EIP-55: upper case where the digit of the hash is 8 or more. */
function checksummed(lower: string): string {
  const hash = keccak256(new TextEncoder().encode(lower));
  const nibble = (i: number): number => (i % 2 === 0 ? hash[i >> 1]! >> 4 : hash[i >> 1]! & 15);
  return [...lower].map((digit, i) => (nibble(i) >= 8 ? digit.toUpperCase() : digit)).join('');
}
