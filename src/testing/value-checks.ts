/**
 * What the tests of the value codec ask of a value: what it comes back as, and why it is refused.
 * @module
 */
import { isError, type ErrorInfoByCode } from '../lib/errors.js';
import { decodeValue, encodeValue } from '../protocol/values/values.js';

export function roundTrip(value: unknown): unknown {
  return decodeValue(encodeValue(value));
}

/** What `encodeValue` says of a value that cannot travel. */
export function refusal(value: unknown): ErrorInfoByCode['VALUE_NOT_CLONEABLE'] {
  const error = thrownBy(value);
  if (isError(error, 'VALUE_NOT_CLONEABLE')) return error.info;
  throw error;
}

/** What `encodeValue` says of a value that passes a limit. */
export function tooLarge(value: unknown): Record<string, unknown> {
  const error = thrownBy(value);
  if (isError(error, 'VALUE_TOO_LARGE')) return error.info;
  throw error;
}

function thrownBy(value: unknown): Error {
  try {
    encodeValue(value);
  } catch (error) {
    return error as Error;
  }
  return new Error('the value was taken');
}
