/**
 * What a page gets for `manyhands/scheduler`: a word that says where it runs.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';

/** @throws UNSUPPORTED_ENVIRONMENT always: a page is no server. */
export function startScheduler(): never {
  throw new ManyhandsError(
    'UNSUPPORTED_ENVIRONMENT',
    'manyhands/scheduler runs in Node, not in a page. Start `manyhands scheduler` there, and give its address to init().',
  );
}

export { isError, ManyhandsError } from '../lib/errors.js';
