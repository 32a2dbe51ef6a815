/**
 * Public classes of input by URL, as in DCP. The worker that runs a slice fetches its datum, from origins that its owner
 * allows.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ARRAY_LENGTH_MAX, JOB_ORIGINS_MAX, JOB_SLICES_MAX, REMOTE_URL_BYTES_MAX } from '../limits.js';
import { decodeContent } from './remote-content.js';

const PLACE = '{slice}';

/** A list of URLs, one slice each. A `data:` URL is decoded here and sent as its value. */
export class RemoteDataSet implements Iterable<string> {
  readonly #urls: readonly string[];
  /** The origins of its URLs, sorted; a `data:` URL has none. */
  readonly origins: readonly string[];

  /** @throws INVALID_ARGUMENT with the URL that is not accepted */
  constructor(...urls: readonly (string | URL)[] | [Iterable<string | URL>]) {
    const [first] = urls;
    const isList = urls.length === 1 && typeof first !== 'string' && !(first instanceof URL);
    const given = isList ? first : (urls as readonly (string | URL)[]);
    if (typeof given?.[Symbol.iterator] !== 'function')
      throw refused(`a list of addresses, not ${show(given)}`);
    const origins = new Set<string>();
    this.#urls = Array.from(given, (each, index) => {
      const url = checkUrl(each, `address ${index}`);
      if (url.protocol === 'data:') readDataUrl(url.href);
      else origins.add(url.origin);
      return url.href;
    });
    this.origins = sorted(origins);
  }

  /** The number of slices. */
  get length(): number {
    return this.#urls.length;
  }

  /** The URL of the slice at `n`, from 0; undefined where there is none. */
  at(n: number): string | undefined {
    return this.#urls[n];
  }

  toArray(): string[] {
    return [...this.#urls];
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#urls[Symbol.iterator]() as IterableIterator<string>;
  }
}

/** One URL for each slice: `{slice}` in the pattern is the slice's number, from 1. The URLs are never listed in memory. */
export class RemoteDataPattern implements Iterable<string> {
  readonly pattern: string;
  readonly sliceCount: number;
  readonly origins: readonly string[];

  /** @throws INVALID_ARGUMENT: no `{slice}`, one in the origin, not an absolute http or https URL, an invalid count */
  constructor(pattern: string | URL, sliceCount: number) {
    // A URL has its braces escaped.
    const text = typeof pattern === 'string' ? pattern : show(pattern).replaceAll('%7Bslice%7D', PLACE);
    if (!text.split('#', 1)[0]!.includes(PLACE))
      throw refused(`a pattern that has ${PLACE} in it, not ${show(pattern)}`);
    if (!Number.isSafeInteger(sliceCount) || sliceCount < 1 || sliceCount > JOB_SLICES_MAX) {
      throw refused(`a whole number of slices from 1, not ${String(sliceCount)}`);
    }
    const end = checkUrl(text.replaceAll(PLACE, String(sliceCount)), 'the pattern');
    if (end.protocol === 'data:') throw refused('a pattern of http or https');
    const isInOrigin = /^[^/?#\\]*:[/\\]*[^/?#\\]*/.exec(text.trimStart())![0].includes(PLACE);
    // URLs ignore some characters, such as tabs, which could hide it from this check.
    if (isInOrigin || originOfNumber(text, 1) !== originOfNumber(text, 2)) {
      throw refused(
        `a pattern with ${PLACE} behind its origin, not ${show(text)}: workers must know beforehand where data come from`,
      );
    }
    this.pattern = text.split('#', 1)[0]!;
    this.sliceCount = sliceCount;
    this.origins = [end.origin];
  }

  get length(): number {
    return this.sliceCount;
  }

  /** The URL of the slice at `n`, from 0; undefined where there is none. */
  at(n: number): string | undefined {
    if (!Number.isSafeInteger(n) || n < 0 || n >= this.sliceCount) return undefined;
    return new URL(this.pattern.replaceAll(PLACE, String(n + 1))).href;
  }

  /** @throws INVALID_ARGUMENT where they are too many for an array */
  toArray(): string[] {
    if (this.sliceCount > ARRAY_LENGTH_MAX)
      throw refused(`fewer slices than ${this.sliceCount}, to be an array`);
    return [...this];
  }

  *[Symbol.iterator](): IterableIterator<string> {
    for (let n = 0; n < this.sliceCount; n++) yield this.at(n)!;
  }
}

/** The origin of the pattern's URL for that slice; undefined where it is not a URL. */
function originOfNumber(text: string, slice: number): string | undefined {
  const address = text.replaceAll(PLACE, String(slice));
  return URL.canParse(address) ? new URL(address).origin : undefined;
}

/** The value of a `data:` URL. @throws INVALID_ARGUMENT */
export function readDataUrl(href: string): unknown {
  const [, head, body] = /^data:([^,]*),(.*)$/s.exec(href.split('#', 1)[0]!) ?? [];
  if (head === undefined || body === undefined) throw refused('a data: address with a comma before its data');
  const isBase64 = /;\s*base64\s*$/i.test(head);
  const type = head.replace(/;\s*base64\s*$/i, '');
  try {
    const bytes = unescaped(body);
    const plain = isBase64 ? Uint8Array.from(atob(latin1(bytes)), (c) => c.charCodeAt(0)) : bytes;
    return decodeContent(type === '' || type.startsWith(';') ? 'text/plain' : type, plain);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new ManyhandsError('INVALID_ARGUMENT', `A data: address cannot be read: ${what}.`, {}, { cause });
  }
}

function unescaped(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes[i] === 0x25 ? latin1(bytes.subarray(i + 1, i + 3)) : '';
    const isEscape = /^[0-9a-f]{2}$/i.test(hex);
    bytes[length++] = isEscape ? parseInt(hex, 16) : bytes[i]!;
    if (isEscape) i += 2;
  }
  return bytes.slice(0, length);
}

const latin1 = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

function checkUrl(given: unknown, what: string): URL {
  const text = given instanceof URL ? given.href : given;
  if (typeof text !== 'string' || !URL.canParse(text)) {
    throw refused(`whole addresses like https://example.com/1.json; ${what} is ${show(given)}`);
  }
  const url = new URL(text);
  if (url.protocol === 'data:') return url;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refused(`addresses of http or https; ${what} is ${show(given)}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refused(`addresses without a user and a password; ${what}, of ${url.host}, has one`);
  }
  if (url.href.length > REMOTE_URL_BYTES_MAX) {
    throw refused(
      `addresses of at most ${REMOTE_URL_BYTES_MAX} characters; ${what} (${show(given)}) has ${url.href.length}`,
    );
  }
  // The fragment is not sent to servers.
  url.hash = '';
  return url;
}

/** Sorted and without duplicates, as in a job package. @throws LIMIT_EXCEEDED */
export function sorted(origins: Iterable<string>): string[] {
  const list = [...new Set(origins)].sort();
  if (list.length <= JOB_ORIGINS_MAX) return list;
  throw new ManyhandsError(
    'LIMIT_EXCEEDED',
    `The input comes from ${list.length} origins, and a job may name ${JOB_ORIGINS_MAX}: put it in fewer places.`,
    { limit: 'JOB_ORIGINS_MAX', max: JOB_ORIGINS_MAX, actual: list.length },
  );
}

function show(value: unknown): string {
  if (value instanceof URL) return value.href.slice(0, 200);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 200));
  return Object.prototype.toString.call(value).slice(8, -1);
}

function refused(expected: string): ManyhandsError {
  return new ManyhandsError('INVALID_ARGUMENT', `Input by address needs ${expected}.`);
}
