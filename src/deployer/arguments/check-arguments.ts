/**
 * Checks of what callers hand in beside options: a wrong type is refused here, and not deep inside.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue } from '../../lib/options.js';
import { Keystore } from '../../wallet/keystore.js';

/** Why a job is cancelled, at most; what is longer is cut. */
const REASON_LENGTH_MAX = 500;

/** @throws INVALID_ARGUMENT */
export function checkKeystore(keystore: unknown): Keystore | undefined {
  if (keystore === undefined || keystore instanceof Keystore) return keystore;
  throw invalid(`A keystore is one of a wallet, as wallet.get() gives it; got ${describeValue(keystore)}.`);
}

/** @throws INVALID_ARGUMENT */
export function checkReason(reason: unknown): string {
  if (typeof reason === 'string') return reason.slice(0, REASON_LENGTH_MAX);
  throw invalid(`The reason of a cancellation is text; got ${describeValue(reason)}.`);
}

/** The value of a setting of a job that is one of two. @throws INVALID_ARGUMENT */
export function checkBoolean(setting: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid(`${setting} is true or false; got ${describeValue(value)}.`, setting);
}

/** The value of a setting of a job that is text. @throws INVALID_ARGUMENT */
export function checkText(setting: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`${setting} is text; got ${describeValue(value)}.`, setting);
}

/** The value of a setting of a job that is an object. @throws INVALID_ARGUMENT */
export function checkObject<S extends object>(setting: string, value: S): S {
  if (typeof value === 'object' && value !== null) return value;
  throw invalid(`${setting} is an object; got ${describeValue(value)}.`, setting);
}

function invalid(text: string, argument?: string): ManyhandsError<'INVALID_ARGUMENT'> {
  return new ManyhandsError('INVALID_ARGUMENT', text, argument === undefined ? {} : { argument });
}
