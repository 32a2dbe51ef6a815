/**
 * Downloads blobs over HTTP, verifies their digests and caches them; uploads results that are too large for a segment.
 * Nothing that the server sends is trusted, including declared lengths.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { delay } from '../../lib/clock.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { sha256HexAsync } from '../../lib/crypto/sha256.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import { BLOB_BYTES_MAX } from '../../protocol/limits.js';
import type { Digest } from '../../protocol/messages/messages.js';
import type { AssetStore } from './asset-store.js';
import { ByteCache } from './byte-cache.js';
import { readBounded } from '../../client/read-bounded.js';
import type { SchedulerRequests } from '../../client/scheduler-requests.js';

/** Maximum time of one transfer, milliseconds. */
const TRANSFER_MS_MAX = 120_000;
/** Attempts of one transfer, and the delay before the second, milliseconds; each further delay is four times as long. */
const TRIES_MAX = 4;
const RETRY_DELAY_MS = 250;
/** Maximum size of the cache in memory, bytes. */
const CACHE_BYTES_MAX = 256 * 1024 * 1024;

export interface BlobClientPorts {
  /** The scheduler's address, without a trailing slash. */
  http: string;
  fetch: typeof fetch;
  clock: Clock;
  link: SchedulerRequests;
  /** Persistent store; absent: blobs are kept in memory only. */
  store?: AssetStore | undefined;
}

/** `keep`: also keep it in the persistent store. `onBytes`: receives the number of bytes transferred. */
interface LoadOptions {
  readonly keep?: boolean;
  readonly onBytes?: (bytes: number) => void;
}

export class BlobClient {
  readonly #ports: BlobClientPorts;
  readonly #cache: ByteCache<Uint8Array>;
  readonly #pending = new Map<Digest, Promise<Uint8Array>>();

  constructor(ports: BlobClientPorts, cacheBytesMax = CACHE_BYTES_MAX) {
    this.#ports = ports;
    this.#cache = new ByteCache(cacheBytesMax);
  }

  /**
   * The bytes of a blob, which must not be changed. `keep`: they may be needed after this worker's life. `onBytes` receives
   * the number of bytes that were transferred for this call.
   * @throws BLOB_UNKNOWN, BLOB_MISMATCH, or CONNECT_FAILED where the scheduler cannot be reached
   */
  get(digest: Digest, how: LoadOptions = {}): Promise<Uint8Array> {
    return this.#loadShared(`${this.#ports.http}/blobs/${digest}`, digest, how, BLOB_BYTES_MAX);
  }

  /**
   * Uploads bytes and returns their reference.
   * @throws the scheduler's refusals, or CONNECT_FAILED
   */
  async put(bytes: Uint8Array): Promise<BlobRef> {
    const digest = await sha256HexAsync(bytes);
    const ref = { digest, bytes: bytes.byteLength };
    await this.#retry(async () => {
      const { exists, ticket } = await this.#ports.link.request('blob.ticket', ref);
      if (exists) return;
      const headers = { authorization: `Bearer ${ticket ?? ''}`, 'content-type': 'application/octet-stream' };
      const body = bytes as Uint8Array<ArrayBuffer>;
      const url = `${this.#ports.http}/blobs/${digest}`;
      await this.#call(url, digest, { method: 'PUT', headers, body }, async (answer) =>
        answer.body?.cancel(),
      );
    });
    return ref;
  }

  /**
   * The file at `url`, which must have that digest; it is kept in the persistent store.
   * @throws as `get`
   */
  fetchFile(url: string, digest: Digest, bytesMax = BLOB_BYTES_MAX): Promise<Uint8Array> {
    return this.#loadShared(url, digest, { keep: true }, bytesMax);
  }

  /** Concurrent calls for the same digest share one transfer. */
  #loadShared(url: string, digest: Digest, how: LoadOptions, bytesMax: number): Promise<Uint8Array> {
    const kept = this.#cache.get(digest);
    if (kept !== undefined) return Promise.resolve(kept);
    const pending = this.#pending.get(digest);
    if (pending !== undefined) return pending;
    const obtained = this.#load(url, digest, how, bytesMax).finally(() => this.#pending.delete(digest));
    this.#pending.set(digest, obtained);
    return obtained;
  }

  async #load(
    url: string,
    digest: Digest,
    { keep, onBytes }: LoadOptions,
    bytesMax: number,
  ): Promise<Uint8Array> {
    const store = keep === true ? this.#ports.store : undefined;
    const stored = await store?.get(digest);
    if (stored !== undefined) {
      this.#cache.set(digest, stored);
      return stored;
    }
    const bytes = await this.#fetch(url, digest, bytesMax);
    onBytes?.(bytes.byteLength);
    void store?.set(digest, bytes);
    return bytes;
  }

  async #fetch(url: string, digest: Digest, bytesMax: number): Promise<Uint8Array> {
    const bytes = await this.#retry(() =>
      this.#call(url, digest, {}, (answer) => readBlob(answer, bytesMax, url)),
    );
    const found = await sha256HexAsync(bytes);
    if (found !== digest) {
      const text = `${url} has the SHA-256 ${found}, not ${digest}. Something between here and there changes files.`;
      throw new ManyhandsError('BLOB_MISMATCH', text, { digest, found });
    }
    this.#cache.set(digest, bytes);
    return bytes;
  }

  async #call<T>(
    url: string,
    digest: Digest,
    init: RequestInit,
    read: (answer: Response) => Promise<T>,
  ): Promise<T> {
    const abort = new AbortController();
    const cancel = this.#ports.clock.after(TRANSFER_MS_MAX, () => abort.abort(), { background: true });
    try {
      const answer = await this.#ports.fetch(url, { ...init, signal: abort.signal });
      if (answer.ok) return await read(answer);
      await answer.body?.cancel();
      throw httpError(url, answer.status, digest);
    } catch (cause) {
      if (isError(cause)) throw cause;
      throw new ManyhandsError('CONNECT_FAILED', `${url} cannot be reached.`, { url }, { cause });
    } finally {
      cancel();
    }
  }

  /** Retries errors that are marked as retryable. */
  async #retry<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (tries === TRIES_MAX || !isError(error) || !error.retryable) throw error;
        await delay(this.#ports.clock, RETRY_DELAY_MS * 4 ** (tries - 1));
      }
    }
  }
}

function httpError(url: string, status: number, digest: Digest): ManyhandsError {
  if (status === 404 || status === 410) {
    return new ManyhandsError('BLOB_UNKNOWN', `The scheduler has no blob ${digest}.`, { digest });
  }
  if (status === 413)
    return new ManyhandsError('VALUE_TOO_LARGE', `The scheduler takes no blob of that size.`);
  if (status === 401 || status === 403) {
    return new ManyhandsError('FORBIDDEN', `The scheduler refused the blob ${digest} with ${status}.`, {
      digest,
    });
  }
  if (status === 507)
    return new ManyhandsError('STORE_FULL', `The scheduler has no room for blob ${digest}.`, { digest });
  return new ManyhandsError('CONNECT_FAILED', `${url} answered with ${status}.`, { url, status });
}

async function readBlob(answer: Response, bytesMax: number, url: string): Promise<Uint8Array> {
  const bytes = await readBounded(answer, bytesMax);
  if (bytes !== undefined) return bytes;
  throw new ManyhandsError('BLOB_MISMATCH', `${url} is larger than ${bytesMax} bytes.`, { url });
}
