/**
 * Helpers for tests of the value codec: the decoded copy of a value, and the reason why a value is refused.
 * @module
 */
import { isError, type ErrorInfoByCode } from '../lib/errors.js';
import { decodeValue, encodeValue } from '../protocol/values/values.js';

export function roundTrip(value: unknown): unknown {
  return decodeValue(encodeValue(value));
}

/** The info of the `VALUE_NOT_CLONEABLE` error that `encodeValue` throws for the value. */
export function notCloneableInfo(value: unknown): ErrorInfoByCode['VALUE_NOT_CLONEABLE'] {
  const error = encodingError(value);
  if (isError(error, 'VALUE_NOT_CLONEABLE')) return error.info;
  throw error;
}

/** The info of the `VALUE_TOO_LARGE` error that `encodeValue` throws for the value. */
export function tooLargeInfo(value: unknown): Record<string, unknown> {
  const error = encodingError(value);
  if (isError(error, 'VALUE_TOO_LARGE')) return error.info;
  throw error;
}

function encodingError(value: unknown): Error {
  try {
    encodeValue(value);
  } catch (error) {
    return error as Error;
  }
  return new Error('encodeValue did not throw');
}
