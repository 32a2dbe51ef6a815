/**
 * A blob store in memory and its HTTP server: a PUT needs a ticket of the scheduler, a GET needs none. Tests can inject faults.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import type { Input } from '../../protocol/messages/messages.js';
import { describedDatum, isDescribed } from '../../protocol/input/described-inputs.js';
import { decodeBlobRef, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import { decodeValue } from '../../protocol/values/values.js';
import type { BlobStore, BlobTickets } from '../../scheduler/blobs/blob-store.js';

export class MemoryBlobs implements BlobStore {
  readonly blobs = new Map<string, Uint8Array>();
  readonly requests: { method: string; digest: string }[] = [];
  /** HTTP statuses of the next responses, in order; `broken`: the request fails without a response. */
  readonly faults: (number | 'broken')[] = [];
  /** Every response is delayed until this promise settles. */
  respondAfter: Promise<void> = Promise.resolve();
  readonly #tickets: () => BlobTickets;
  readonly #readers = new WeakMap<Input, SegmentReader>();

  /** @param tickets those of the scheduler */
  constructor(tickets: () => BlobTickets) {
    this.#tickets = tickets;
  }

  readonly size: BlobStore['size'] = (digest) => Promise.resolve(this.blobs.get(digest)?.length);

  readonly put: BlobStore['put'] = async (digest, bytes, content) => {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    const whole = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
    if (whole.length !== bytes || sha256Hex(whole) !== digest)
      throw new ManyhandsError('BLOB_MISMATCH', `the blob is not ${digest}`);
    this.blobs.set(digest, whole);
  };

  readonly get: BlobStore['get'] = (digest) => {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) return Promise.resolve(undefined);
    const content = (async function* () {
      yield bytes;
    })();
    return Promise.resolve({ bytes: bytes.length, content });
  };

  /** The HTTP requests of clients. */
  readonly fetch: typeof fetch = async (input, init) => {
    const digest = (input as string).split('/').at(-1)!;
    const method = init?.method ?? 'GET';
    this.requests.push({ method, digest });
    await this.respondAfter;
    init?.signal?.throwIfAborted();
    const fault = this.faults.shift();
    if (fault === 'broken') throw new TypeError('fetch failed');
    if (fault !== undefined) return new Response('', { status: fault });
    if (method === 'PUT') return this.#upload(digest, init!);
    const found = this.blobs.get(digest);
    if (found === undefined) return new Response('', { status: 404 });
    return new Response(found as Uint8Array<ArrayBuffer>);
  };

  async #upload(digest: string, init: RequestInit): Promise<Response> {
    const ticket = new Headers(init.headers).get('authorization')?.replace('Bearer ', '') ?? '';
    const allowed = this.#tickets().verify(ticket, digest);
    if (allowed === undefined) return new Response('', { status: 401 });
    const content = new Response(init.body).body as unknown as AsyncIterable<Uint8Array>;
    try {
      await this.put(digest, allowed.bytes, content);
      return new Response('', { status: 201 });
    } catch {
      return new Response('', { status: 400 });
    }
  }

  store(bytes: Uint8Array): { digest: string; bytes: number } {
    const digest = sha256Hex(bytes);
    this.blobs.set(digest, bytes);
    return { digest, bytes: bytes.length };
  }

  /** The datum of one slice of an input, read from its blob where the input refers to one. */
  datum(input: Input, index: number): unknown {
    if (isDescribed(input)) return describedDatum(input, index);
    const reader = this.#readers.get(input) ?? new SegmentReader(input.segment);
    this.#readers.set(input, reader);
    if (reader.kind(index) !== ENVELOPE_KIND.blob) return reader.value(index);
    return decodeValue(this.blobs.get(decodeBlobRef(reader.body(index)).digest)!);
  }
}
