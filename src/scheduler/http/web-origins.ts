/**
 * Who may use this scheduler by way of a browser. Two headers decide, which no page can forge. `Host`: a page of a name
 * that its owner had resolve to this machine (DNS rebinding) shows that name, so only names that this scheduler is known
 * by are taken, and addresses, which nobody can make point elsewhere. `Origin`: a page of another site shows its own, so
 * only this scheduler's pages and those that the operator names are taken. Programs send no `Origin`, and need none.
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
  /** Origins of other sites whose pages may use it, or `*`. */
  allowWebOrigins: readonly string[];
  /** Addresses by which it is reached besides this machine's names and addresses. */
  publicUrls: readonly string[];
  /** Origins that serve its page too. */
  sandboxOrigins: readonly string[];
  /** Whether it serves TLS itself. */
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

  /** Why a request is not taken; undefined where it is. */
  refusal(headers: IncomingHttpHeaders): ManyhandsError | undefined {
    return this.hostRefusal(headers) ?? this.originRefusal(headers);
  }

  hostRefusal({ host }: IncomingHttpHeaders): ManyhandsError | undefined {
    // A client of HTTP/1.0, which is no browser.
    if (host === undefined) return undefined;
    const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
    const isAddress = isIP(name.replace(/^\[|\]$/g, '')) !== 0;
    const isLocal = name === 'localhost' || name.endsWith('.localhost');
    if (isAddress || isLocal || this.#hosts.has(name)) return undefined;
    const shown = JSON.stringify(host.slice(0, 100));
    return new ManyhandsError(
      'HOST_REFUSED',
      `This scheduler is not known by the name ${shown}: if it is its own, start it with ` +
        `--public-url and the address with that name (startScheduler({ publicUrls })).`,
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
      `This scheduler takes no connections of pages of ${shown}: ${how}.`,
      { origin: shown },
    );
  }

  /** What `Access-Control-Allow-Origin` says to a request that is taken; undefined where there is nothing to say. */
  allowed({ origin }: IncomingHttpHeaders): string | undefined {
    return this.#origins.has(ANY) ? ANY : origin;
  }

  #allows(origin: string, host: string | undefined): boolean {
    if (this.#origins.has(ANY) || this.#origins.has(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    // Behind a proxy with TLS its pages are of https, and this server sees none of it.
    const isScheme = url.protocol === 'https:' || (url.protocol === 'http:' && !this.#isSecure);
    return isScheme && host !== undefined && url.host === new URL(`${url.protocol}//${host}`).host;
  }
}

/** Each as a browser writes it, or `*`. @throws INVALID_ARGUMENT */
export function checkWebOrigins(origins: readonly string[] = []): readonly string[] {
  return list('allowWebOrigins', origins).map((origin) => {
    if (origin === ANY) return ANY;
    const url = parseWeb(origin);
    if (url !== undefined && url.href === `${url.origin}/`) return url.origin;
    throw invalid(
      'allowWebOrigins',
      `${show(origin)} is no origin such as https://app.example.org, and not "*"`,
    );
  });
}

/** @throws INVALID_ARGUMENT */
export function checkPublicUrls(urls: readonly string[] = []): readonly string[] {
  return list('publicUrls', urls).map((text) => {
    const url = parseWeb(text);
    if (url !== undefined) return url.href;
    throw invalid('publicUrls', `${show(text)} is no address such as https://grid.example.org`);
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
