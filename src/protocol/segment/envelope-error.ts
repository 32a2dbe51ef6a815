/**
 * The body of an `error` envelope: what a work function threw, as an encoded `Error`. Encoding never throws and its size is
 * limited; parts that cannot be encoded (such as a class instance in `info`) are left out.
 * @module
 */
import { ERROR_TABLE, ManyhandsError, type ErrorCode } from '../../lib/errors.js';
import { ERROR_BYTES_MAX, ERROR_TEXT_LENGTH_MAX } from '../limits.js';
import { errorClassOf } from '../values/values-brand.js';
import { makeError, setErrorField } from '../values/values-error.js';
import { decodeValue, encodeValue } from '../values/values.js';

/** Nested causes that are kept. */
const CAUSES_MAX = 8;
/** Errors of an AggregateError that are kept. */
const ERRORS_MAX = 100;

/**
 * The body of an error envelope for anything thrown: name, message, stack, code, info, cause, errors. A thrown value that is
 * no error becomes an `Error` with that value as its cause.
 */
export function encodeError(error: unknown): Uint8Array<ArrayBuffer> {
  const portable = portableError(error, CAUSES_MAX);
  const whole = encodeValue(portable);
  if (whole.length <= ERROR_BYTES_MAX) return whole;
  for (const key of ['info', 'cause', 'errors', 'code']) Reflect.deleteProperty(portable, key);
  return encodeValue(portable);
}

/**
 * Decodes the body of an error envelope: an error of a built-in class, or a `ManyhandsError`.
 * @throws VALUE_MALFORMED
 */
export function decodeError(bytes: Uint8Array): Error {
  const error = decodeValue(bytes);
  if (!(error instanceof Error)) {
    throw new ManyhandsError('VALUE_MALFORMED', 'the body of an error envelope must be an encoded Error');
  }
  const { code, info } = error as { code?: unknown; info?: unknown };
  if (error.name !== 'ManyhandsError' || typeof code !== 'string' || !Object.hasOwn(ERROR_TABLE, code))
    return error;
  const own = new ManyhandsError(code as ErrorCode, error.message, isRecord(info) ? info : {});
  if (error.stack !== undefined) setErrorField(own, 'stack', error.stack);
  if ('cause' in error) setErrorField(own, 'cause', error.cause);
  return own;
}

function portableError(thrown: unknown, causesLeft: number): Error {
  try {
    if (isErrorLike(thrown)) return copyError(thrown, causesLeft);
    const error = new Error(`thrown: ${textOf(thrown)}`);
    Reflect.deleteProperty(error, 'stack');
    if (isCloneable(thrown)) setErrorField(error, 'cause', thrown);
    return error;
  } catch {
    return new Error('an error that threw while it was read');
  }
}

function copyError(source: Error, causesLeft: number): Error {
  const copy = makeError(errorClassOf(source)) ?? new Error();
  const { name, message, stack } = source;
  if (typeof name === 'string' && name !== copy.name) setErrorField(copy, 'name', truncate(name));
  setErrorField(copy, 'message', truncate(textOf(message)));
  if (typeof stack === 'string') setErrorField(copy, 'stack', truncate(stack));
  const { code, info, errors } = source as { code?: unknown; info?: unknown; errors?: unknown };
  if (code !== undefined && isCloneable(code)) setErrorField(copy, 'code', code);
  if (info !== undefined && isCloneable(info)) setErrorField(copy, 'info', info);
  if (Object.hasOwn(source, 'cause') && causesLeft > 0) {
    const { cause } = source;
    if (isErrorLike(cause)) setErrorField(copy, 'cause', portableError(cause, causesLeft - 1));
    else if (isCloneable(cause)) setErrorField(copy, 'cause', cause);
  }
  if (copy instanceof AggregateError && Array.isArray(errors)) {
    const kept = causesLeft > 0 ? errors.slice(0, ERRORS_MAX) : [];
    setErrorField(
      copy,
      'errors',
      kept.map((each) => portableError(each, Math.min(1, causesLeft - 1))),
    );
  }
  return copy;
}

/** True for errors of other realms too. */
function isErrorLike(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCloneable(value: unknown): boolean {
  try {
    encodeValue(value);
    return true;
  } catch {
    return false;
  }
}

function textOf(value: unknown): string {
  try {
    return typeof value === 'string' ? value : String(value);
  } catch {
    return 'something that has no text';
  }
}

/** Text of limited length, never truncated inside a surrogate pair. */
function truncate(text: string): string {
  if (text.length <= ERROR_TEXT_LENGTH_MAX) return text;
  const last = text.charCodeAt(ERROR_TEXT_LENGTH_MAX - 1);
  return text.slice(0, ERROR_TEXT_LENGTH_MAX - (last >= 0xd800 && last < 0xdc00 ? 1 : 0));
}
