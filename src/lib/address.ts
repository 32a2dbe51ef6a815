/**
 * Addresses in one canonical form, `0x` and 40 lower-case hexadecimal digits, so that equal accounts are equal strings.
 * @module
 */
import { ManyhandsError } from './errors.js';

/** The address of an account or identity: `0x` and 40 lower-case hexadecimal digits. */
export type Address = string;

export const ADDRESS_PATTERN = /^0x[0-9a-f]{40}$/;

/**
 * Normalises the address of a file or a message: with or without `0x`, in any case. Input of a person is parsed by
 * `parseAddress`, which also verifies the checksum.
 * @throws ADDRESS_MALFORMED
 */
export function normalizeAddress(text: string): Address {
  const lower = typeof text === 'string' ? text.trim().toLowerCase() : '';
  const address = lower.startsWith('0x') ? lower : `0x${lower}`;
  if (!ADDRESS_PATTERN.test(address)) {
    throw new ManyhandsError(
      'ADDRESS_MALFORMED',
      'Not an address: an address is 0x and 40 hexadecimal digits, for example 0x52908400098527886e0f7030069857d2e4169ee7',
    );
  }
  return address;
}
