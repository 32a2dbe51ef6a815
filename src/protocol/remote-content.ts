/**
 * What bytes from an address are to a work function, by their Content-Type: text, the value of a JSON text, or bytes.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { REMOTE_JSON_BYTES_MAX } from './limits.js';

/**
 * `text/*` gives a string, `application/json` (and `+json`) its value, everything else a `Uint8Array`. Text is UTF-8.
 * @throws FETCH_FAILED where it is not what it says it is
 */
export function decodeContent(contentType: string | null, bytes: Uint8Array): unknown {
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const isJson = /^[^/\s]+\/(?:json|[^/\s]+\+json)$/.test(type);
  if (!isJson && !type.startsWith('text/')) return bytes;
  if (isJson && bytes.length > REMOTE_JSON_BYTES_MAX) {
    throw unfit(`it is JSON of ${bytes.length} bytes, and at most ${REMOTE_JSON_BYTES_MAX} are read`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unfit(`it says that it is ${type}, and is not UTF-8`, cause);
  }
  if (!isJson) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw unfit(`it says that it is ${type}, and is not: ${(cause as Error).message}`, cause);
  }
}

function unfit(what: string, cause?: unknown): ManyhandsError {
  return new ManyhandsError('FETCH_FAILED', what, {}, { cause });
}
