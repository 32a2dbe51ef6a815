/**
 * The entry `manyhands/operator` in a page: throws an error, because it needs Node.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';

/** @throws UNSUPPORTED_ENVIRONMENT always: the token is a file in the scheduler's data folder. */
export function openOperator(): never {
  throw new ManyhandsError(
    'UNSUPPORTED_ENVIRONMENT',
    'manyhands/operator runs in Node, not in a page. Use `manyhands account` on the machine of the scheduler.',
  );
}

export { isError, ManyhandsError } from '../lib/errors.js';
