/**
 * The entry `manyhands/scheduler` in a page: throws an error, because it needs Node.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';

/** @throws UNSUPPORTED_ENVIRONMENT always: a page cannot be a server. */
export function startScheduler(): never {
  throw new ManyhandsError(
    'UNSUPPORTED_ENVIRONMENT',
    'manyhands/scheduler runs in Node, not in a page. Start `manyhands scheduler` there, and pass its URL to init().',
  );
}

export { isError, ManyhandsError } from '../lib/errors.js';
