/**
 * Transfers blobs over HTTP: content-addressed bytes that are too large for a WebSocket message. An upload needs a
 * ticket, which is requested over the WebSocket; a download is checked against its digest.
 * @module
 */
import { readBounded } from '../../client/read-bounded.js';
import { delay } from '../../lib/clock.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import { BLOB_BYTES_MAX } from '../../protocol/limits.js';
import type { SchedulerClient } from './scheduler-client.js';
import type { DeployerPorts } from './ports.js';

/** Attempts at one transfer. With the delays between them they take about half a minute. */
const ATTEMPTS_MAX = 8;
const BACKOFF_MS_FIRST = 200;
const BACKOFF_MS_MAX = 10_000;

/** @throws VALUE_TOO_LARGE */
export function toBlobRef(bytes: Uint8Array): BlobRef {
  if (bytes.length <= BLOB_BYTES_MAX) return { digest: sha256Hex(bytes), bytes: bytes.length };
  throw new ManyhandsError(
    'VALUE_TOO_LARGE',
    `A single value has ${bytes.length} bytes; the limit is ${BLOB_BYTES_MAX}.`,
    {
      limit: 'BLOB_BYTES_MAX',
    },
  );
}

export class BlobTransfers {
  readonly #ports: DeployerPorts;
  readonly #client: SchedulerClient;

  constructor(ports: DeployerPorts, client: SchedulerClient) {
    this.#ports = ports;
    this.#client = client;
  }

  /**
   * Uploads `bytes` unless the scheduler has them already.
   * @throws CONNECTION_LOST after several attempts, or the error of the scheduler
   */
  async put(
    ref: BlobRef,
    bytes: Uint8Array,
    signal?: AbortSignal,
    { waitForConnection = false }: { waitForConnection?: boolean } = {},
  ): Promise<void> {
    await this.#retry(ATTEMPTS_MAX, signal, async () => {
      const { exists, ticket } = await this.#client.request('blob.ticket', ref, {
        signal,
        waitForConnection,
      });
      if (exists) return;
      const response = await this.#fetch(ref, signal, {
        method: 'PUT',
        headers: { authorization: `Bearer ${ticket ?? ''}`, 'content-type': 'application/octet-stream' },
        body: bytes as Uint8Array<ArrayBuffer>,
      });
      await response.body?.cancel();
    });
  }

  /**
   * Downloads a blob and checks its digest.
   * @param attemptsMax `Infinity` retries until there is a connection again
   * @throws CONNECTION_LOST after `attemptsMax` attempts, BLOB_UNKNOWN, BLOB_MISMATCH, FORBIDDEN
   */
  async get(ref: BlobRef, signal?: AbortSignal, attemptsMax = ATTEMPTS_MAX): Promise<Uint8Array> {
    return this.#retry(attemptsMax, signal, async () => {
      const response = await this.#fetch(ref, signal, {});
      const bytes = await readBody(response, ref, signal);
      if (bytes?.length !== ref.bytes || sha256Hex(bytes) !== ref.digest) {
        throw new ManyhandsError(
          'BLOB_MISMATCH',
          `The bytes that were received for blob ${ref.digest} do not match its digest.`,
        );
      }
      return bytes;
    });
  }

  async #fetch(ref: BlobRef, signal: AbortSignal | undefined, init: RequestInit): Promise<Response> {
    const url = `${this.#client.url.http}/blobs/${ref.digest}`;
    let response: Response;
    try {
      response = await this.#ports.fetch(url, { ...init, signal });
    } catch (cause) {
      throw transferError(ref, signal, cause);
    }
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) {
      throw new ManyhandsError('BLOB_UNKNOWN', `The scheduler has no blob ${ref.digest}.`, {
        digest: ref.digest,
      });
    }
    if (response.status === 507) {
      throw new ManyhandsError(
        'STORE_FULL',
        `The scheduler has no storage space left for blob ${ref.digest}.`,
        {
          digest: ref.digest,
        },
      );
    }
    // An expired ticket is refused: the next attempt requests a new one.
    const isTicketExpired = init.method === 'PUT' && (response.status === 401 || response.status === 403);
    const retryable = isTicketExpired || response.status >= 500 || [408, 429].includes(response.status);
    throw new ManyhandsError(
      retryable ? 'CONNECTION_LOST' : 'FORBIDDEN',
      `The scheduler answered ${response.status} to the transfer of blob ${ref.digest}.`,
    );
  }

  async #retry<T>(
    attemptsMax: number,
    signal: AbortSignal | undefined,
    attempt: () => Promise<T>,
  ): Promise<T> {
    for (
      let attempts = 1, backoffMs = BACKOFF_MS_FIRST;
      ;
      attempts++, backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX)
    ) {
      try {
        return await attempt();
      } catch (error) {
        signal?.throwIfAborted();
        const isTransient = isError(error, 'CONNECTION_LOST') || isError(error, 'STORE_FULL');
        if (!isTransient || attempts >= attemptsMax) throw error;
      }
      await delay(this.#ports.clock, backoffMs * (0.5 + this.#ports.random.next() / 2), signal);
    }
  }
}

/** The bytes of the body; undefined where there are more than `ref` announces. */
async function readBody(
  response: Response,
  ref: BlobRef,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  try {
    return await readBounded(response, ref.bytes);
  } catch (cause) {
    throw transferError(ref, signal, cause);
  }
}

function transferError(ref: BlobRef, signal: AbortSignal | undefined, cause: unknown): unknown {
  if (signal?.aborted) return signal.reason;
  return new ManyhandsError(
    'CONNECTION_LOST',
    `The transfer of blob ${ref.digest} was interrupted.`,
    {},
    { cause },
  );
}
