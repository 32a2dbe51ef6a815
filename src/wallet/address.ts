/**
 * Addresses: `0x` and 40 lower-case hexadecimal digits, so that equal accounts are equal strings.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';

/** `0x` and 40 lower-case hexadecimal digits. */
export type Address = string;

export const ADDRESS_PATTERN = /^0x[0-9a-f]{40}$/;

/**
 * The address in a file or a message: with or without `0x`, in any case. What a person wrote goes through
 * `parseAddress`, which checks more.
 * @throws ADDRESS_MALFORMED
 */
export function normalizeAddress(text: string): Address {
  const lower = typeof text === 'string' ? text.trim().toLowerCase() : '';
  const address = lower.startsWith('0x') ? lower : `0x${lower}`;
  if (!ADDRESS_PATTERN.test(address)) {
    throw new ManyhandsError(
      'ADDRESS_MALFORMED',
      'That is no address: an address is 0x and 40 hexadecimal digits, for example 0x52908400098527886e0f7030069857d2e4169ee7',
    );
  }
  return address;
}
