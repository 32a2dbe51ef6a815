/**
 * Transfers blobs over HTTP: content-addressed bytes that are too large for a message. An upload needs a ticket, which is
 * requested over the socket; a download is read up to its limit and checked against its digest. Nothing that the server
 * sends is trusted, including declared lengths.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { sha256Hex, sha256HexAsync } from '../../lib/crypto/sha256.js';
import type { Random } from '../../lib/crypto/random.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { BLOB_BYTES_MAX } from '../../protocol/limits.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import { isRetried } from '../retry/error-reactions.js';
import { retry, TransientFailure } from '../retry/retry.js';
import { readBounded } from './read-bounded.js';

export interface DownloadOptions {
  /** Maximum size, bytes. @default BLOB_BYTES_MAX */
  bytesMax?: number;
  /** `Infinity` retries until there is a connection again. @default that of the client */
  attemptsMax?: number;
  signal?: AbortSignal | undefined;
}

export interface UploadOptions {
  signal?: AbortSignal | undefined;
  /** Whether the request for a ticket waits for a connection without a time limit. @default false */
  waitForConnection?: boolean;
}

export interface BlobClientOptions {
  /** The scheduler's address, without a trailing slash. */
  http: string;
  fetch: typeof fetch;
  clock: Clock;
  random: Random;
  /** Requests a ticket over the socket; its errors are final, since the scheduler client has repeated the request. */
  requestTicket: (ref: BlobRef, options: UploadOptions) => Promise<{ exists: boolean; ticket?: string }>;
  /** Number of attempts at one transfer. */
  attemptsMax: number;
  /** Maximum time of one attempt, milliseconds. */
  attemptMsMax: number;
}

/** @throws VALUE_TOO_LARGE */
export function toBlobRef(bytes: Uint8Array): BlobRef {
  if (bytes.length <= BLOB_BYTES_MAX) return { digest: sha256Hex(bytes), bytes: bytes.length };
  const text = `A single value has ${bytes.length} bytes; the limit is ${BLOB_BYTES_MAX}.`;
  throw new ManyhandsError('VALUE_TOO_LARGE', text, { limit: 'BLOB_BYTES_MAX' });
}

export class BlobClient {
  readonly #options: BlobClientOptions;

  constructor(options: BlobClientOptions) {
    this.#options = options;
  }

  /**
   * Uploads `bytes` unless the scheduler has them already.
   * @throws CONNECTION_LOST after several attempts, or the error of the scheduler
   */
  async put(ref: BlobRef, bytes: Uint8Array, options: UploadOptions = {}): Promise<void> {
    const url = this.#urlOf(ref.digest);
    await this.#retry(options.signal, undefined, async () => {
      const { exists, ticket } = await this.#options.requestTicket(ref, options);
      if (exists) return;
      const headers = { authorization: `Bearer ${ticket ?? ''}`, 'content-type': 'application/octet-stream' };
      const body = bytes as Uint8Array<ArrayBuffer>;
      return this.#transfer(url, ref.digest, options.signal, { method: 'PUT', headers, body }, (response) =>
        response.body?.cancel(),
      );
    });
  }

  /**
   * The bytes of a blob.
   * @throws CONNECTION_LOST after several attempts, BLOB_UNKNOWN, BLOB_MISMATCH, FORBIDDEN, or the reason of the signal
   */
  get(digest: string, options?: DownloadOptions): Promise<Uint8Array> {
    return this.download(this.#urlOf(digest), digest, options);
  }

  /** The file at `url`, which must have that digest. Rejects as `get`. */
  async download(
    url: string,
    digest: string,
    { bytesMax = BLOB_BYTES_MAX, attemptsMax, signal }: DownloadOptions = {},
  ): Promise<Uint8Array> {
    const bytes = await this.#retry(signal, attemptsMax, () =>
      this.#transfer(url, digest, signal, {}, (response) => readBounded(response, bytesMax)),
    );
    if (bytes === undefined)
      throw new ManyhandsError('BLOB_MISMATCH', `${url} is larger than ${bytesMax} bytes.`, { url });
    const found = await sha256HexAsync(bytes);
    if (found === digest) return bytes;
    const text = `${url} has the SHA-256 ${found}, not ${digest}. Something between here and there changes files.`;
    throw new ManyhandsError('BLOB_MISMATCH', text, { digest, found });
  }

  #urlOf(digest: string): string {
    return `${this.#options.http}/blobs/${digest}`;
  }

  #retry<T>(
    signal: AbortSignal | undefined,
    attemptsMax: number = this.#options.attemptsMax,
    attempt: () => Promise<T | TransientFailure>,
  ): Promise<T> {
    const { clock, random } = this.#options;
    return retry(attempt, { clock, random, attemptsMax, signal });
  }

  /** One attempt: what `read` returns for a successful response. */
  async #transfer<T>(
    url: string,
    digest: string,
    signal: AbortSignal | undefined,
    init: RequestInit,
    read: (response: Response) => T | Promise<T>,
  ): Promise<T | TransientFailure> {
    const { fetch, clock, attemptMsMax } = this.#options;
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const cancel = clock.after(attemptMsMax, () => abort.abort(), { background: true });
    try {
      const response = await fetch(url, { ...init, signal: abort.signal });
      if (response.ok) return await read(response);
      await response.body?.cancel();
      throw refusal(url, digest, response.status);
    } catch (cause) {
      signal?.throwIfAborted();
      const error = isError(cause) ? cause : interrupted(url, cause);
      // A ticket that has expired, or was issued before the scheduler restarted, is refused: the next attempt requests another.
      const isTicketRefused = init.method === 'PUT' && isError(error, 'FORBIDDEN');
      if (isTicketRefused || isRetried(error)) return new TransientFailure(error);
      throw error;
    } finally {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

/** Statuses of requests that may be made again: request timeout, too early, too many requests. */
const TRANSIENT_STATUSES: readonly number[] = [408, 425, 429];

function refusal(url: string, digest: string, status: number): ManyhandsError {
  if (status === 404 || status === 410)
    return new ManyhandsError('BLOB_UNKNOWN', `The scheduler has no blob ${digest}.`, { digest });
  if (status === 413)
    return new ManyhandsError('VALUE_TOO_LARGE', `The blob ${digest} is too large for the scheduler.`);
  if (status === 507) {
    const text = `The scheduler has no storage space left for blob ${digest}.`;
    return new ManyhandsError('STORE_FULL', text, { digest });
  }
  const isTransient = status >= 500 || TRANSIENT_STATUSES.includes(status);
  const text = `The scheduler answered ${status} to the transfer of ${url}.`;
  return new ManyhandsError(isTransient ? 'CONNECTION_LOST' : 'FORBIDDEN', text, { url, status });
}

function interrupted(url: string, cause: unknown): ManyhandsError {
  return new ManyhandsError('CONNECTION_LOST', `The transfer of ${url} was interrupted.`, { url }, { cause });
}
