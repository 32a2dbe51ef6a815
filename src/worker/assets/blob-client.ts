/**
 * Blobs over HTTP: fetched, checked against their digest and kept for a while; put where a result is too large for
 * a segment. Nothing that the other side sends is believed, least of all its length.
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
import type { SchedulerLink } from '../../client/scheduler-link.js';

/** One transfer, milliseconds. */
const TRANSFER_MS_MAX = 120_000;
/** Tries of one transfer, and the pause before the second, milliseconds; each further one is four times as long. */
const TRIES_MAX = 4;
const PAUSE_MS = 250;
/** Blobs that are kept, bytes. */
const CACHE_BYTES_MAX = 256 * 1024 * 1024;

export interface BlobPorts {
  /** The scheduler's address, without a slash at its end. */
  http: string;
  fetch: typeof fetch;
  clock: Clock;
  link: SchedulerLink;
  /** What outlives the worker; nothing when absent. */
  store?: AssetStore | undefined;
}

/** How a file is obtained: whether it is kept beyond this worker's life, and who hears of bytes that came. */
interface Obtaining {
  readonly keep?: boolean;
  readonly counted?: (bytes: number) => void;
}

export class Blobs {
  readonly #ports: BlobPorts;
  readonly #cache: ByteCache<Uint8Array>;
  readonly #coming = new Map<Digest, Promise<Uint8Array>>();

  constructor(ports: BlobPorts, cacheBytesMax = CACHE_BYTES_MAX) {
    this.#ports = ports;
    this.#cache = new ByteCache(cacheBytesMax);
  }

  /**
   * The bytes of a blob; they must not be changed. `keep`: they may be needed again after this worker's life. `counted`
   * hears how many came over the network for this call.
   * @throws BLOB_UNKNOWN, BLOB_MISMATCH, or CONNECT_FAILED where the scheduler cannot be reached
   */
  get(digest: Digest, how: Obtaining = {}): Promise<Uint8Array> {
    return this.#once(`${this.#ports.http}/blobs/${digest}`, digest, how, BLOB_BYTES_MAX);
  }

  /**
   * Puts bytes and answers with their reference.
   * @throws what the scheduler refuses with, or CONNECT_FAILED
   */
  async put(bytes: Uint8Array): Promise<BlobRef> {
    const digest = await sha256HexAsync(bytes);
    const ref = { digest, bytes: bytes.byteLength };
    await this.#again(async () => {
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
   * A file at `url` that must have that digest; it is kept beyond this worker's life.
   * @throws as `get`
   */
  fetchFile(url: string, digest: Digest, bytesMax = BLOB_BYTES_MAX): Promise<Uint8Array> {
    return this.#once(url, digest, { keep: true }, bytesMax);
  }

  /** What many ask for at once is fetched once. */
  #once(url: string, digest: Digest, how: Obtaining, bytesMax: number): Promise<Uint8Array> {
    const kept = this.#cache.get(digest);
    if (kept !== undefined) return Promise.resolve(kept);
    const coming = this.#coming.get(digest);
    if (coming !== undefined) return coming;
    const obtained = this.#obtain(url, digest, how, bytesMax).finally(() => this.#coming.delete(digest));
    this.#coming.set(digest, obtained);
    return obtained;
  }

  async #obtain(
    url: string,
    digest: Digest,
    { keep, counted }: Obtaining,
    bytesMax: number,
  ): Promise<Uint8Array> {
    const store = keep === true ? this.#ports.store : undefined;
    const stored = await store?.get(digest);
    if (stored !== undefined) {
      this.#cache.set(digest, stored);
      return stored;
    }
    const bytes = await this.#fetch(url, digest, bytesMax);
    counted?.(bytes.byteLength);
    void store?.set(digest, bytes);
    return bytes;
  }

  async #fetch(url: string, digest: Digest, bytesMax: number): Promise<Uint8Array> {
    const bytes = await this.#again(() =>
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
    const ending = new AbortController();
    const cancel = this.#ports.clock.after(TRANSFER_MS_MAX, () => ending.abort(), { background: true });
    try {
      const answer = await this.#ports.fetch(url, { ...init, signal: ending.signal });
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

  /** Tries again what may succeed later. */
  async #again<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (tries === TRIES_MAX || !isError(error) || !error.retryable) throw error;
        await delay(this.#ports.clock, PAUSE_MS * 4 ** (tries - 1));
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
