/**
 * What a page gets for `manyhands/operator`: a word that says where it runs.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';

/** @throws UNSUPPORTED_ENVIRONMENT always: the token is a file beside the scheduler. */
export function openOperator(): never {
  throw new ManyhandsError(
    'UNSUPPORTED_ENVIRONMENT',
    'manyhands/operator runs in Node, not in a page. Use `manyhands account` beside the scheduler.',
  );
}

export { isError, ManyhandsError } from '../lib/errors.js';
