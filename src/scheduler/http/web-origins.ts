/**
 * Decides which pages may use this scheduler from a browser, by two headers that no page can forge. `Host`: a DNS rebinding
 * attack sends the attacker's host name, so only the scheduler's own names are accepted, and IP addresses, which cannot be
 * rebound. `Origin`: a page of another site sends its own origin, so only the scheduler's pages and origins that the
 * operator allows are accepted. Programs send no `Origin`, and need none.
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { ManyhandsError } from '../../lib/errors.js';
import { WEB_ORIGINS_MAX } from '../../protocol/limits.js';

/** Every origin. */
const ANY = '*';

export interface WebOriginOptions {
  /** Origins of other sites whose pages may use the scheduler, or `*` for all. */
  allowWebOrigins: readonly string[];
  /** URLs by which it is reached besides this machine's names and addresses. */
  publicUrls: readonly string[];
  /** Additional origins that serve its page. */
  sandboxOrigins: readonly string[];
  /** Whether the scheduler itself serves TLS. */
  isSecure: boolean;
}

export class WebOrigins {
  readonly #isSecure: boolean;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor({ allowWebOrigins, publicUrls, sandboxOrigins, isSecure }: WebOriginOptions) {
    const own = [...publicUrls, ...sandboxOrigins].map((url) => new URL(url));
    const machine = hostname().toLowerCase();
    this.#isSecure = isSecure;
    this.#hosts = new Set([machine, `${machine}.local`, ...own.map((url) => url.hostname)]);
    this.#origins = new Set([...own.map((url) => url.origin), ...allowWebOrigins]);
  }

  /** The error for a refused request; undefined when it is accepted. */
  refusal(headers: IncomingHttpHeaders): ManyhandsError | undefined {
    return this.hostRefusal(headers) ?? this.originRefusal(headers);
  }

  hostRefusal({ host }: IncomingHttpHeaders): ManyhandsError | undefined {
    // An HTTP/1.0 client, which is not a browser.
    if (host === undefined) return undefined;
    const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
    const isAddress = isIP(name.replace(/^\[|\]$/g, '')) !== 0;
    const isLocal = name === 'localhost' || name.endsWith('.localhost');
    if (isAddress || isLocal || this.#hosts.has(name)) return undefined;
    const shown = JSON.stringify(host.slice(0, 100));
    return new ManyhandsError(
      'HOST_REFUSED',
      `This scheduler does not accept the host name ${shown}: if the name is right, start it with ` +
        `--public-url and the URL with that name (startScheduler({ publicUrls })).`,
      { host: host.slice(0, 100) },
    );
  }

  originRefusal(headers: IncomingHttpHeaders): ManyhandsError | undefined {
    const { origin } = headers;
    if (origin === undefined || this.#allows(origin, headers.host)) return undefined;
    const shown = origin.slice(0, 300);
    const how =
      origin === 'null'
        ? 'a page without an origin (a file, a sandboxed frame) may use it only with --allow-web-origin "*"'
        : `start it with --allow-web-origin ${shown} (startScheduler({ allowWebOrigins }))`;
    return new ManyhandsError(
      'WEB_ORIGIN_REFUSED',
      `This scheduler accepts no connections from pages of ${shown}: ${how}.`,
      { origin: shown },
    );
  }

  /** The value of `Access-Control-Allow-Origin` for an accepted request; undefined without an `Origin`. */
  allowed({ origin }: IncomingHttpHeaders): string | undefined {
    return this.#origins.has(ANY) ? ANY : origin;
  }

  #allows(origin: string, host: string | undefined): boolean {
    if (this.#origins.has(ANY) || this.#origins.has(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    // Behind a TLS proxy the page's origin is https although this server receives http.
    const isScheme = url.protocol === 'https:' || (url.protocol === 'http:' && !this.#isSecure);
    return isScheme && host !== undefined && url.host === new URL(`${url.protocol}//${host}`).host;
  }
}

/** Normalizes each origin as a browser sends it; `*` stays. @throws INVALID_ARGUMENT */
export function checkWebOrigins(origins: readonly string[] = []): readonly string[] {
  return list('allowWebOrigins', origins).map((origin) => {
    if (origin === ANY) return ANY;
    const url = parseWeb(origin);
    if (url !== undefined && url.href === `${url.origin}/`) return url.origin;
    throw invalid(
      'allowWebOrigins',
      `${show(origin)} is neither an origin such as https://app.example.org nor "*"`,
    );
  });
}

/** Normalizes the URLs. @throws INVALID_ARGUMENT */
export function checkPublicUrls(urls: readonly string[] = []): readonly string[] {
  return list('publicUrls', urls).map((text) => {
    const url = parseWeb(text);
    if (url !== undefined) return url.href;
    throw invalid('publicUrls', `${show(text)} is not a URL such as https://grid.example.org`);
  });
}

function list(argument: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length <= WEB_ORIGINS_MAX) return value as unknown[];
  throw invalid(argument, `it must be a list of at most ${WEB_ORIGINS_MAX}`);
}

function parseWeb(text: unknown): URL | undefined {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) ? url : undefined;
}

const show = (value: unknown): string => JSON.stringify(String(value).slice(0, 100));

function invalid(argument: string, message: string): ManyhandsError {
  return new ManyhandsError('INVALID_ARGUMENT', `${argument}: ${message}.`, { argument });
}
