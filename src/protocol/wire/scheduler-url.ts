/**
 * Where a scheduler is: one address that a user writes, and the two that are made of it.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue } from '../../lib/options.js';

/** Where a scheduler listens when nobody said otherwise. */
export const DEFAULT_SCHEDULER = 'http://localhost:8462';

/** The path of the socket on a scheduler. */
export const SOCKET_PATH = '/socket';

export interface SchedulerUrl {
  /** `http(s)://host[:port][/path]`, with no slash at its end. */
  http: string;
  /** `ws(s)://host[:port][/path]/socket`. */
  socket: string;
}

/**
 * Reads a scheduler's address: `http:`, `https:`, `ws:` and `wss:` are taken, and a bare `host:port`.
 * @throws INVALID_ARGUMENT where it is none.
 */
export function parseSchedulerUrl(address: string | URL): SchedulerUrl {
  const given: unknown = address;
  if (typeof given !== 'string' && !(given instanceof URL))
    throw invalid(`is a text or a URL, not ${describeValue(given)}`);
  const written = String(given).trim();
  const url = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`);
  if (url === undefined || url.hostname === '') throw invalid('is not an address');
  if (isBareWord(written)) throw invalid('is a bare word: a host has its scheme or its port with it');
  if (url.username !== '' || url.password !== '') throw invalid('carries a user name or a password');
  if (url.search !== '' || url.hash !== '') throw invalid('has a query or a fragment');
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  if (!secure && url.protocol !== 'http:' && url.protocol !== 'ws:')
    throw invalid('is neither http nor https');
  let path = url.pathname.replace(/\/+$/, '');
  if (path.endsWith(SOCKET_PATH)) path = path.slice(0, -SOCKET_PATH.length).replace(/\/+$/, '');
  const place = `${url.host}${path}`;
  return {
    http: `http${secure ? 's' : ''}://${place}`,
    socket: `ws${secure ? 's' : ''}://${place}${SOCKET_PATH}`,
  };
}

/** A name alone is rather a mistake than a host; one is written `http://name` or `name:port`. */
function isBareWord(written: string): boolean {
  const host = written.split('/')[0]!.toLowerCase();
  return host !== 'localhost' && !/[.:]/.test(host);
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** The address is not repeated: it may hold a secret. */
function invalid(what: string): ManyhandsError {
  return new ManyhandsError(
    'INVALID_ARGUMENT',
    `The scheduler's address ${what}. Write it like ${DEFAULT_SCHEDULER}.`,
    { argument: 'scheduler' },
  );
}
