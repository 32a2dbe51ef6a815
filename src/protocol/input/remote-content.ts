/**
 * Converts a response body to a slice's datum by its Content-Type: text, the value of a JSON text, or bytes.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { REMOTE_JSON_BYTES_MAX, REMOTE_JSON_VALUES_MAX } from '../limits.js';

const OTHERWISE = 'what is larger goes as text or bytes, which the work function reads';
const [QUOTE, COMMA, BRACKET, BACKSLASH, BRACE] = [0x22, 0x2c, 0x5b, 0x5c, 0x7b];

/**
 * `text/*` becomes a string, `application/json` (and `+json`) its value, everything else a `Uint8Array`. Text is UTF-8.
 * @throws FETCH_FAILED where the body does not match its Content-Type
 */
export function decodeContent(contentType: string | null, bytes: Uint8Array): unknown {
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const isJson = /^[^/\s]+\/(?:json|[^/\s]+\+json)$/.test(type);
  if (!isJson && !type.startsWith('text/')) return bytes;
  if (isJson && bytes.length > REMOTE_JSON_BYTES_MAX) {
    throw unfit(
      `it is JSON of ${bytes.length} bytes, and at most ${REMOTE_JSON_BYTES_MAX} are read; ${OTHERWISE}`,
    );
  }
  if (isJson && hasMoreValues(bytes, REMOTE_JSON_VALUES_MAX)) {
    throw unfit(`it is JSON of more than ${REMOTE_JSON_VALUES_MAX} values; ${OTHERWISE}`);
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

/**
 * Whether a JSON text has more than `max` values, counted in its bytes before it is parsed: each value but the first follows a
 * `[`, a `{` or a `,` outside of strings. So the count is never too low.
 */
function hasMoreValues(bytes: Uint8Array, max: number): boolean {
  let count = 1;
  let isInString = false;
  for (let i = 0; i < bytes.length && count <= max; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) isInString = !isInString;
    else if (isInString) i += byte === BACKSLASH ? 1 : 0;
    else if (byte === COMMA || byte === BRACKET || byte === BRACE) count++;
  }
  return count > max;
}

function unfit(what: string, cause?: unknown): ManyhandsError {
  return new ManyhandsError('FETCH_FAILED', what, {}, { cause });
}
