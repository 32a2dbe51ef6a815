/**
 * The fields of an error that are encoded: name, message, stack, code, info, cause and the errors of an AggregateError.
 * @module
 */
import { errorClassOf } from './values-brand.js';
import { ERROR_CLASSES, ERROR_FIELDS } from './values-format.js';

export interface ErrorFields {
  /** The built-in class of the decoded error. */
  className: string;
  /** In the order of `ERROR_FIELDS`; absent ones are left out. */
  fields: [string, unknown][];
}

/** Reads an error's fields. Throws what its getters throw. */
export function errorFields(error: object): ErrorFields {
  const source = error as Record<string, unknown>;
  const className = errorClassOf(error);
  const fields: [string, unknown][] = [];
  const name = source['name'];
  if (typeof name === 'string' && name !== className) fields.push(['name', name]);
  const message = source['message'];
  if (message !== undefined && message !== '') fields.push(['message', `${message as string}`]);
  if (typeof source['stack'] === 'string') fields.push(['stack', source['stack']]);
  if (source['code'] !== undefined) fields.push(['code', source['code']]);
  if (source['info'] !== undefined) fields.push(['info', source['info']]);
  if (Object.hasOwn(error, 'cause')) fields.push(['cause', source['cause']]);
  if (className === 'AggregateError' && Array.isArray(source['errors']))
    fields.push(['errors', source['errors']]);
  return { className, fields };
}

/** An empty error of a class, without a stack; undefined where the class is not in `ERROR_CLASSES`. */
export function makeError(className: string): Error | undefined {
  const make = ERROR_CLASSES.get(className);
  if (make === undefined) return undefined;
  const limit = Error.stackTraceLimit;
  // Capturing a stack takes most of the time, and the sender of the value chooses how many errors there are.
  const isLimitSet = typeof limit === 'number' && Reflect.set(Error, 'stackTraceLimit', 0);
  const error = make('');
  if (isLimitSet) Error.stackTraceLimit = limit;
  Reflect.deleteProperty(error, 'stack');
  return error;
}

const FIELD_NAMES: ReadonlySet<string> = new Set(ERROR_FIELDS);

/** Sets a decoded field; false where there is no such field or the value has a wrong type. */
export function setErrorField(error: Error, key: string, value: unknown): boolean {
  if (!FIELD_NAMES.has(key)) return false;
  if ((key === 'name' || key === 'message' || key === 'stack') && typeof value !== 'string') return false;
  if (key === 'errors' && !Array.isArray(value)) return false;
  const enumerable = key === 'code' || key === 'info';
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable });
  return true;
}
