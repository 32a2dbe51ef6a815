/**
 * Parses the address of a scheduler, as a user writes it, into the addresses of its HTTP server and of its socket.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue } from '../../lib/options.js';

/** The address of a scheduler with default options, on this machine. */
export const DEFAULT_SCHEDULER = 'http://localhost:8462';

/** The path of a scheduler's socket, below its address. */
export const SOCKET_PATH = '/socket';

export interface SchedulerUrl {
  /** `http(s)://host[:port][/path]`, with no slash at its end. */
  http: string;
  /** `ws(s)://host[:port][/path]/socket`. */
  socket: string;
}

/**
 * Parses a scheduler's address: a URL with the scheme `http:`, `https:`, `ws:` or `wss:`, or `host:port`.
 * @throws INVALID_ARGUMENT where it is not such an address.
 */
export function parseSchedulerUrl(address: string | URL): SchedulerUrl {
  const given: unknown = address;
  if (typeof given !== 'string' && !(given instanceof URL))
    throw invalid(`must be text or a URL, not ${describeValue(given)}`);
  const written = String(given).trim();
  const url = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`);
  if (url === undefined || url.hostname === '') throw invalid('is not an address');
  if (isBareWord(written)) throw invalid('is one word: write the scheme of the host too, or its port');
  if (url.username !== '' || url.password !== '') throw invalid('has a user name or a password');
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

/** Whether it is one word, such as `scheduler`: rather a mistake than a host, which is written `http://name` or `name:port`. */
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
