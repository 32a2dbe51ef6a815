/**
 * Adds the input or argument that could not be encoded to the error of an encoder.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

/** The same error with a path that starts at `place`, the argument of the caller: `data[17].x` in place of `$.x`. */
export function withErrorPath(error: unknown, place: string): unknown {
  if (!(error instanceof ManyhandsError)) return error;
  const info = error.info as { path?: string };
  if (typeof info.path !== 'string') return error;
  const path = info.path.replace(/^\$/, () => place);
  const text = error.message.startsWith(info.path)
    ? path + error.message.slice(info.path.length)
    : error.message;
  return new ManyhandsError(error.code, text, { ...error.info, path } as never, { cause: error.cause });
}
