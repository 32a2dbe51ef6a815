/**
 * The fields of an error that travel: name, message, stack, code, info, cause and an AggregateError's errors.
 * @module
 */
import { errorClassOf } from './values-brand.js';
import { ERROR_CLASSES, ERROR_FIELDS } from './values-format.js';

export interface ErrorFields {
  /** The builtin class that it comes back as. */
  className: string;
  /** In the order of `ERROR_FIELDS`; what is absent is left out. */
  fields: [string, unknown][];
}

/** Reads an error. Throws what its getters throw. */
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

/** An empty error of a class, without a stack; undefined where the class is not one that travels. */
export function makeError(className: string): Error | undefined {
  const make = ERROR_CLASSES.get(className);
  if (make === undefined) return undefined;
  const limit = Error.stackTraceLimit;
  // Taking a stack that is thrown away is most of what an error costs, and a stranger chooses how many there are.
  const spared = typeof limit === 'number' && Reflect.set(Error, 'stackTraceLimit', 0);
  const error = make('');
  if (spared) Error.stackTraceLimit = limit;
  Reflect.deleteProperty(error, 'stack');
  return error;
}

const FIELD_NAMES: ReadonlySet<string> = new Set(ERROR_FIELDS);

/** Sets a field that came in; false where there is no such field or its type is wrong. */
export function setErrorField(error: Error, key: string, value: unknown): boolean {
  if (!FIELD_NAMES.has(key)) return false;
  if ((key === 'name' || key === 'message' || key === 'stack') && typeof value !== 'string') return false;
  if (key === 'errors' && !Array.isArray(value)) return false;
  const enumerable = key === 'code' || key === 'info';
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable });
  return true;
}
