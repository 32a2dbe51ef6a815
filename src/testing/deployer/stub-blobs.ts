/**
 * The HTTP server of the stub scheduler of deployers: a PUT of a blob needs a ticket, a GET needs none. Tests can inject
 * faults.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { decodeBlobRef, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { Input } from '../../protocol/messages/messages.js';
import { rangeDatum } from '../../protocol/input/ranges.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import { decodeValue } from '../../protocol/values/values.js';

export class StubBlobs {
  readonly blobs = new Map<string, Uint8Array>();
  readonly requests: { method: string; digest: string }[] = [];
  /** HTTP statuses of the next responses, in order; `broken`: the request fails without a response. */
  readonly faults: (number | 'broken')[] = [];
  /** Every response is delayed until this promise settles. */
  respondAfter: Promise<void> = Promise.resolve();
  readonly #tickets = new Map<string, string>();
  readonly #readers = new WeakMap<Input, SegmentReader>();

  readonly fetch: typeof fetch = async (input, init) => {
    const digest = (input as string).split('/').at(-1)!;
    const method = init?.method ?? 'GET';
    this.requests.push({ method, digest });
    await this.respondAfter;
    init?.signal?.throwIfAborted();
    const fault = this.faults.shift();
    if (fault === 'broken') throw new TypeError('fetch failed');
    if (fault !== undefined) return new Response('', { status: fault });
    if (method === 'PUT') return this.#put(digest, init!);
    const found = this.blobs.get(digest);
    if (found === undefined) return new Response('', { status: 404 });
    return new Response(found as Uint8Array<ArrayBuffer>);
  };

  /** Body of the reply to `blob.ticket`. */
  ticket(digest: string): { exists: boolean; ticket?: string } {
    if (this.blobs.has(digest)) return { exists: true };
    const ticket = `ticket-${this.#tickets.size}`;
    this.#tickets.set(ticket, digest);
    return { exists: false, ticket };
  }

  store(bytes: Uint8Array): { digest: string; bytes: number } {
    const digest = sha256Hex(bytes);
    this.blobs.set(digest, bytes);
    return { digest, bytes: bytes.length };
  }

  /** The datum of one slice of an input, read from its blob where the input refers to one. */
  datum(input: Input, index: number): unknown {
    if (input.kind === 'range') return rangeDatum(input, index);
    const reader = this.#readers.get(input) ?? new SegmentReader(input.segment);
    this.#readers.set(input, reader);
    if (reader.kind(index) !== ENVELOPE_KIND.blob) return reader.value(index);
    return decodeValue(this.blobs.get(decodeBlobRef(reader.body(index)).digest)!);
  }

  /** Throws `BLOB_UNKNOWN` where the input refers to a blob that is not stored. */
  assertBlobsStored(input: Input): void {
    if (input.kind !== 'segment') return;
    const reader = new SegmentReader(input.segment);
    for (let i = 0; i < reader.count; i++) {
      if (reader.kind(i) !== ENVELOPE_KIND.blob) continue;
      const { digest } = decodeBlobRef(reader.body(i));
      if (!this.blobs.has(digest)) throw new ManyhandsError('BLOB_UNKNOWN', `no blob ${digest}`);
    }
  }

  async #put(digest: string, init: RequestInit): Promise<Response> {
    const ticket = new Headers(init.headers).get('authorization')?.replace('Bearer ', '') ?? '';
    if (this.#tickets.get(ticket) !== digest) return new Response('', { status: 401 });
    const bytes = new Uint8Array(await new Response(init.body).arrayBuffer());
    if (sha256Hex(bytes) !== digest) return new Response('', { status: 400 });
    this.blobs.set(digest, bytes);
    return new Response('', { status: 201 });
  }
}
