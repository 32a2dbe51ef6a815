/**
 * The one error of a connection that could not be opened, with what to do about it.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';

/** `why` is a clause such as `nothing answers there`. */
export function connectFailed(url: string, why: string, cause?: unknown): ManyhandsError<'CONNECT_FAILED'> {
  return new ManyhandsError(
    'CONNECT_FAILED',
    `No connection to ${url}: ${why}. Is a scheduler running there? Start one with \`npx manyhands scheduler\`.`,
    { url },
    { cause },
  );
}
