/**
 * Input by address: which addresses there may be, whose origin they have, and the body of an envelope that stands for
 * what is found there.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ORIGIN_LENGTH_MAX, REMOTE_URL_BYTES_MAX } from '../limits.js';

/** As `URL.href` writes it: printable ASCII, with a path. Whoever writes anything else is refused. */
const REMOTE_URL = /^https?:\/\/[^/?#\\@\s]+\/[\x21-\x7e]*$/;

/** Whether that is an origin of `http` or `https`, written as `URL.origin` does. */
export function isOrigin(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > ORIGIN_LENGTH_MAX || !URL.canParse(text)) return false;
  return /^https?:\/\//.test(text) && new URL(text).origin === text;
}

/** The origin of an address as `decodeRemote` gives it: those that are not written as `URL.origin` does fit no list. */
export function originOf(url: string): string {
  return url.slice(0, url.indexOf('/', 'https://'.length));
}

/** The body of an envelope of kind `remote`: the address in UTF-8. Throws `INVALID_ARGUMENT`. */
export function encodeRemote(url: string): Uint8Array<ArrayBuffer> {
  if (url.length > REMOTE_URL_BYTES_MAX || !REMOTE_URL.test(url)) {
    throw new ManyhandsError('INVALID_ARGUMENT', `an input's address must be a whole http or https URL`);
  }
  return new TextEncoder().encode(url);
}

/** Throws `SEGMENT_MALFORMED`. */
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
