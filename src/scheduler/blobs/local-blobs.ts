/**
 * The blobs of a scheduler in this process: a store in memory, and the requests of its clients.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { sha256HexAsync } from '../../lib/crypto/sha256.js';
import type { BlobStore, BlobTickets } from './blob-store.js';

/** Blobs in memory, as long as the process runs. */
export function openMemoryBlobs(): BlobStore {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    size: (digest) => Promise.resolve(blobs.get(digest)?.length),
    async put(digest, bytes, content) {
      const whole = new Uint8Array(bytes);
      let length = 0;
      for await (const part of content) {
        if (length + part.length > bytes) throw mismatch(digest);
        whole.set(part, length);
        length += part.length;
      }
      if (length !== bytes || (await sha256HexAsync(whole)) !== digest) throw mismatch(digest);
      blobs.set(digest, whole);
    },
    get(digest) {
      const bytes = blobs.get(digest);
      return Promise.resolve(bytes && { bytes: bytes.length, content: once(bytes) });
    },
  };
}

/** Answers `GET` and `PUT` of `/blobs/<digest>` as the HTTP server does. */
export function localFetch(blobs: BlobStore, tickets: BlobTickets): typeof fetch {
  return async (input, init = {}) => {
    init.signal?.throwIfAborted();
    const url = input instanceof Request ? input.url : input.toString();
    const digest = url.slice(url.lastIndexOf('/') + 1);
    if (init.method === 'PUT') return upload(digest, init);
    const found = await blobs.get(digest);
    if (found === undefined) return new Response(undefined, { status: 404 });
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for await (const part of found.content) parts.push(part as Uint8Array<ArrayBuffer>);
    return new Response(new Blob(parts));
  };

  async function upload(digest: string, { headers, body }: RequestInit): Promise<Response> {
    const ticket = new Headers(headers).get('authorization')?.replace('Bearer ', '') ?? '';
    const allowed = tickets.verify(ticket, digest);
    if (allowed === undefined) return new Response(undefined, { status: 403 });
    await blobs.put(digest, allowed.bytes, once(new Uint8Array(await new Response(body).arrayBuffer())));
    return new Response(undefined, { status: 201 });
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function mismatch(digest: string): ManyhandsError<'BLOB_MISMATCH'> {
  return new ManyhandsError('BLOB_MISMATCH', `the bytes of the upload are not the blob ${digest}`, {
    digest,
  });
}
