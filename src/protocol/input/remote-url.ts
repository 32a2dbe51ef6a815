/**
 * Input by URL: which URLs are allowed, their origins, and the body of an envelope of kind `remote`.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ORIGIN_LENGTH_MAX, REMOTE_URL_BYTES_MAX } from '../limits.js';

/** In the form of `URL.href`: printable ASCII, with a path. Other forms are refused. */
const REMOTE_URL = /^https?:\/\/[^/?#\\@\s]+\/[\x21-\x7e]*$/;

/** Whether `text` is an `http` or `https` origin in the form of `URL.origin`. */
export function isOrigin(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > ORIGIN_LENGTH_MAX || !URL.canParse(text)) return false;
  return /^https?:\/\//.test(text) && new URL(text).origin === text;
}

/** The origin of a URL from `decodeRemote`. One that is not in the form of `URL.origin` is in no list of allowed origins. */
export function originOf(url: string): string {
  return url.slice(0, url.indexOf('/', 'https://'.length));
}

/** The body of an envelope of kind `remote`: the URL in UTF-8. @throws INVALID_ARGUMENT */
export function encodeRemote(url: string): Uint8Array<ArrayBuffer> {
  if (url.length > REMOTE_URL_BYTES_MAX || !REMOTE_URL.test(url)) {
    throw new ManyhandsError('INVALID_ARGUMENT', `an input's address must be a whole http or https URL`);
  }
  return new TextEncoder().encode(url);
}

/** @throws SEGMENT_MALFORMED */
export function decodeRemote(body: Uint8Array): string {
  if (body.length <= REMOTE_URL_BYTES_MAX) {
    const url = new TextDecoder().decode(body);
    if (REMOTE_URL.test(url)) return url;
  }
  throw new ManyhandsError(
    'SEGMENT_MALFORMED',
    `an input's address must be a whole http or https URL of at most ${REMOTE_URL_BYTES_MAX} bytes`,
  );
}
