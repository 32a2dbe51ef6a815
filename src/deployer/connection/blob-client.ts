/**
 * Content-addressed bytes over HTTP: what is too large for the socket. A put needs a ticket from the socket; what
 * is got is checked against its digest.
 * @module
 */
import { delay } from '../../lib/clock.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import { BLOB_BYTES_MAX } from '../../protocol/limits.js';
import type { SchedulerLink } from './scheduler-client.js';
import type { DeployerPorts } from './ports.js';

/** Tries of a transfer before it is given up: with the pauses between them about half a minute. */
const TRIES_MAX = 8;
const PAUSE_MS_FIRST = 200;
const PAUSE_MS_MAX = 10_000;

/** @throws VALUE_TOO_LARGE */
export function blobRef(bytes: Uint8Array): BlobRef {
  if (bytes.length <= BLOB_BYTES_MAX) return { digest: sha256Hex(bytes), bytes: bytes.length };
  throw new ManyhandsError(
    'VALUE_TOO_LARGE',
    `${bytes.length} bytes in one piece; the limit is ${BLOB_BYTES_MAX}.`,
    {
      limit: 'BLOB_BYTES_MAX',
    },
  );
}

export class BlobStore {
  readonly #ports: DeployerPorts;
  readonly #link: SchedulerLink;

  constructor(ports: DeployerPorts, link: SchedulerLink) {
    this.#ports = ports;
    this.#link = link;
  }

  /**
   * Stores `bytes` where the scheduler does not have them yet.
   * @throws CONNECTION_LOST after several tries, or what the scheduler refuses with
   */
  async put(
    ref: BlobRef,
    bytes: Uint8Array,
    signal?: AbortSignal,
    { patient = false }: { patient?: boolean } = {},
  ): Promise<void> {
    await this.#retry(TRIES_MAX, signal, async () => {
      const { known, ticket } = await this.#link.request('blob.ticket', ref, { signal, patient });
      if (known) return;
      const response = await this.#fetch(ref, signal, {
        method: 'PUT',
        headers: { authorization: `Bearer ${ticket ?? ''}`, 'content-type': 'application/octet-stream' },
        body: bytes as Uint8Array<ArrayBuffer>,
      });
      await response.body?.cancel();
    });
  }

  /**
   * Gets a blob and checks that it is the one.
   * @param triesMax `Infinity` for who goes on until there is a connection again
   * @throws CONNECTION_LOST after `triesMax`, BLOB_UNKNOWN, BLOB_MISMATCH, FORBIDDEN
   */
  async get(ref: BlobRef, signal?: AbortSignal, triesMax = TRIES_MAX): Promise<Uint8Array> {
    return this.#retry(triesMax, signal, async () => {
      const response = await this.#fetch(ref, signal, {});
      const bytes = await readBody(response, ref, signal);
      if (bytes.length !== ref.bytes || sha256Hex(bytes) !== ref.digest) {
        throw new ManyhandsError(
          'BLOB_MISMATCH',
          `The bytes of blob ${ref.digest} are not those of its digest.`,
        );
      }
      return bytes;
    });
  }

  async #fetch(ref: BlobRef, signal: AbortSignal | undefined, init: RequestInit): Promise<Response> {
    const url = `${this.#link.url.http}/blobs/${ref.digest}`;
    let response: Response;
    try {
      response = await this.#ports.fetch(url, { ...init, signal });
    } catch (cause) {
      throw broken(ref, signal, cause);
    }
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) {
      throw new ManyhandsError('BLOB_UNKNOWN', `The scheduler has no blob ${ref.digest}.`, {
        digest: ref.digest,
      });
    }
    if (response.status === 507) {
      throw new ManyhandsError('STORE_FULL', `The scheduler has no room for blob ${ref.digest}.`, {
        digest: ref.digest,
      });
    }
    // A ticket past its time is refused: the next try gets a fresh one.
    const isTicketOld = init.method === 'PUT' && (response.status === 401 || response.status === 403);
    const retryable = isTicketOld || response.status >= 500 || [408, 429].includes(response.status);
    throw new ManyhandsError(
      retryable ? 'CONNECTION_LOST' : 'FORBIDDEN',
      `The scheduler answered ${response.status} to the transfer of blob ${ref.digest}.`,
    );
  }

  async #retry<T>(triesMax: number, signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1, pauseMs = PAUSE_MS_FIRST; ; tries++, pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
      try {
        return await attempt();
      } catch (error) {
        signal?.throwIfAborted();
        const isPassing = isError(error, 'CONNECTION_LOST') || isError(error, 'STORE_FULL');
        if (!isPassing || tries >= triesMax) throw error;
      }
      await delay(this.#ports.clock, pauseMs * (0.5 + this.#ports.random.next() / 2), signal);
    }
  }
}

async function readBody(
  response: Response,
  ref: BlobRef,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw broken(ref, signal, cause);
  }
}

function broken(ref: BlobRef, signal: AbortSignal | undefined, cause: unknown): unknown {
  if (signal?.aborted) return signal.reason;
  return new ManyhandsError('CONNECTION_LOST', `The transfer of blob ${ref.digest} broke.`, {}, { cause });
}
