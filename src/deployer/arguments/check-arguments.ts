/**
 * Checks of arguments that are not options, so that a wrong type is rejected before it is used.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue } from '../../lib/options.js';
import { REASON_LENGTH_MAX, SANDBOXES_PER_WORKER_MAX } from '../../protocol/limits.js';
import { Keystore } from '../../wallet/keystore.js';

/** @throws INVALID_ARGUMENT */
export function checkKeystore(keystore: unknown): Keystore | undefined {
  if (keystore === undefined || keystore instanceof Keystore) return keystore;
  throw invalidArgument(`A keystore must be one that wallet.get() returns; got ${describeValue(keystore)}.`);
}

/** The reason of a cancellation, truncated to the limit of the protocol. @throws INVALID_ARGUMENT */
export function checkReason(reason: unknown): string {
  if (typeof reason === 'string') return reason.slice(0, REASON_LENGTH_MAX);
  throw invalidArgument(`The reason of a cancellation must be a string; got ${describeValue(reason)}.`);
}

/** The number of cores of local mode. @throws INVALID_ARGUMENT */
export function checkThreadCount(cores: unknown, argument: string): number {
  if (typeof cores === 'number' && Number.isInteger(cores) && cores >= 1 && cores <= SANDBOXES_PER_WORKER_MAX)
    return cores;
  const text = `${argument} must be a whole number from 1 to ${SANDBOXES_PER_WORKER_MAX}; got ${describeValue(cores)}.`;
  throw invalidArgument(text, argument);
}

/** Checks a boolean setting of a job. @throws INVALID_ARGUMENT */
export function checkBoolean(setting: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalidArgument(`${setting} must be true or false; got ${describeValue(value)}.`, setting);
}

/** Checks a setting of a job that is a non-empty string. @throws INVALID_ARGUMENT */
export function checkText(setting: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalidArgument(`${setting} must be a non-empty string; got ${describeValue(value)}.`, setting);
}

/** Checks a setting of a job that is an object. @throws INVALID_ARGUMENT */
export function checkObject<S extends object>(setting: string, value: S): S {
  if (typeof value === 'object' && value !== null) return value;
  throw invalidArgument(`${setting} must be an object; got ${describeValue(value)}.`, setting);
}

/** @throws INVALID_ARGUMENT */
export function checkFunction(what: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw invalidArgument(`${what} must be a function; got ${describeValue(value)}.`);
}

/** The error for an argument or setting; `argument` is its name for programs. */
export function invalidArgument(text: string, argument?: string): ManyhandsError<'INVALID_ARGUMENT'> {
  return new ManyhandsError('INVALID_ARGUMENT', text, argument === undefined ? {} : { argument });
}
