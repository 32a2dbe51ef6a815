/**
 * Says in an error of an encoder which input or argument it was that could not be encoded.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

/** The same refusal with a path that begins where the caller handed the value in. */
export function atPath(error: unknown, place: string): unknown {
  if (!(error instanceof ManyhandsError)) return error;
  const info = error.info as { path?: string };
  if (typeof info.path !== 'string') return error;
  const path = info.path.replace(/^\$/, () => place);
  const text = error.message.startsWith(info.path)
    ? path + error.message.slice(info.path.length)
    : error.message;
  return new ManyhandsError(error.code, text, { ...error.info, path } as never, { cause: error.cause });
}
