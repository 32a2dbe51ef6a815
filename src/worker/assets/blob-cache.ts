/**
 * The blobs and files that a worker has downloaded: kept in memory, and some of them in the persistent store, so that each
 * is transferred once. Also uploads results that are too large for a segment.
 * @module
 */
import { BlobClient } from '../../client/http/blob-client.js';
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';
import type { Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/crypto/random.js';
import { sha256HexAsync } from '../../lib/crypto/sha256.js';
import { BLOB_BYTES_MAX } from '../../protocol/limits.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import type { Digest } from '../../protocol/messages/messages.js';
import type { AssetStore } from './asset-store.js';
import { ByteCache } from './byte-cache.js';

/**
 * Attempts of one transfer, which take six seconds with the delays between them, and the maximum time of each,
 * milliseconds. Both are lower than a deployer's: a worker that cannot transfer gives its lease up, and another one computes.
 */
const ATTEMPTS_MAX = 7;
const ATTEMPT_MS_MAX = 120_000;
/** Maximum size of the cache in memory, bytes. */
const CACHE_BYTES_MAX = 256 * 1024 * 1024;

export interface BlobCachePorts {
  /** The scheduler's address, without a trailing slash. */
  http: string;
  fetch: typeof fetch;
  clock: Clock;
  random: Random;
  client: SchedulerRequests;
  /** Persistent store; absent: blobs are kept in memory only. */
  store?: AssetStore | undefined;
}

/** `keep`: also keep it in the persistent store. `onBytes`: receives the number of bytes transferred. */
interface LoadOptions {
  readonly keep?: boolean;
  readonly onBytes?: (bytes: number) => void;
}

export class BlobCache {
  readonly #client: BlobClient;
  readonly #store: AssetStore | undefined;
  readonly #cache: ByteCache<Uint8Array>;
  readonly #pending = new Map<Digest, Promise<Uint8Array>>();

  constructor({ client, store, ...ports }: BlobCachePorts, cacheBytesMax = CACHE_BYTES_MAX) {
    const requestTicket = (ref: BlobRef): Promise<{ exists: boolean; ticket?: string }> =>
      client.request('blob.ticket', ref);
    this.#client = new BlobClient({
      ...ports,
      requestTicket,
      attemptsMax: ATTEMPTS_MAX,
      attemptMsMax: ATTEMPT_MS_MAX,
    });
    this.#store = store;
    this.#cache = new ByteCache(cacheBytesMax);
  }

  /**
   * The bytes of a blob, which must not be changed. `keep`: they may be needed after this worker's life. `onBytes` receives
   * the number of bytes that were transferred for this call.
   * @throws BLOB_UNKNOWN, BLOB_MISMATCH, FORBIDDEN, or CONNECTION_LOST after several attempts
   */
  get(digest: Digest, how: LoadOptions = {}): Promise<Uint8Array> {
    return this.#loadShared(digest, how, () => this.#client.get(digest));
  }

  /**
   * Uploads bytes and returns their reference.
   * @throws the scheduler's refusals, or CONNECTION_LOST after several attempts
   */
  async put(bytes: Uint8Array): Promise<BlobRef> {
    const ref = { digest: await sha256HexAsync(bytes), bytes: bytes.byteLength };
    await this.#client.put(ref, bytes);
    return ref;
  }

  /**
   * The file at `url`, which must have that digest; it is kept in the persistent store.
   * @throws as `get`
   */
  fetchFile(url: string, digest: Digest, bytesMax = BLOB_BYTES_MAX): Promise<Uint8Array> {
    return this.#loadShared(digest, { keep: true }, () => this.#client.download(url, digest, { bytesMax }));
  }

  /** Concurrent calls for the same digest share one transfer. */
  #loadShared(digest: Digest, how: LoadOptions, download: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const kept = this.#cache.get(digest);
    if (kept !== undefined) return Promise.resolve(kept);
    const pending = this.#pending.get(digest);
    if (pending !== undefined) return pending;
    const obtained = this.#load(digest, how, download).finally(() => this.#pending.delete(digest));
    this.#pending.set(digest, obtained);
    return obtained;
  }

  async #load(
    digest: Digest,
    { keep, onBytes }: LoadOptions,
    download: () => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const store = keep === true ? this.#store : undefined;
    const stored = await store?.get(digest);
    const bytes = stored ?? (await download());
    this.#cache.set(digest, bytes);
    if (stored === undefined) {
      onBytes?.(bytes.byteLength);
      void store?.set(digest, bytes);
    }
    return bytes;
  }
}
