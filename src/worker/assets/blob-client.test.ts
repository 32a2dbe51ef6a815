import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import type { ErrorCode } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { BlobClient } from './blob-client.js';
import { ByteCache } from './byte-cache.js';
import type { SchedulerRequests } from '../../client/scheduler-requests.js';

const BYTES = new Uint8Array([1, 2, 3]);
const DIGEST = sha256Hex(BYTES);

type Answer = () => Response | Promise<Response>;

/** A client whose server gives these responses in order, repeating the last one. */
function blobs(
  answers: Answer[],
  ticket: { exists: boolean; ticket?: string } = { exists: false, ticket: 't' },
) {
  const clock = new VirtualClock();
  const calls: { url: string; init: RequestInit | undefined }[] = [];
  const link = {
    request: () => Promise.resolve(ticket),
    notify: () => undefined,
  } as unknown as SchedulerRequests;
  const load: typeof fetch = async (input, init) => {
    calls.push({ url: input instanceof Request ? input.url : String(input), init });
    const answer = await answers[Math.min(calls.length, answers.length) - 1]!();
    init?.signal?.throwIfAborted();
    return answer;
  };
  return { clock, calls, made: new BlobClient({ http: 'http://s', fetch: load, clock, link }) };
}

const ok: Answer = () => new Response(BYTES);
const code = (wanted: ErrorCode) => (error: unknown) => isError(error, wanted);

describe('a blob', () => {
  it('is fetched once for concurrent calls, and cached', async () => {
    const { clock, calls, made } = blobs([ok]);
    const both = await clock.runUntil(Promise.all([made.get(DIGEST), made.get(DIGEST)]));
    expect(both).toEqual([BYTES, BYTES]);
    await made.get(DIGEST);
    expect(calls.map((c) => c.url)).toEqual([`http://s/blobs/${DIGEST}`]);
  });

  it('is rejected and not cached if its digest is wrong', async () => {
    const { clock, calls, made } = blobs([() => new Response('else'), ok]);
    await expect(clock.runUntil(made.get(DIGEST))).rejects.toSatisfy(code('BLOB_MISMATCH'));
    expect(await clock.runUntil(made.get(DIGEST))).toEqual(BYTES);
    expect(calls).toHaveLength(2);
  });

  it('fails at once if the scheduler does not have it', async () => {
    const { clock, calls, made } = blobs([() => new Response('', { status: 404 })]);
    await expect(clock.runUntil(made.get(DIGEST))).rejects.toSatisfy(code('BLOB_UNKNOWN'));
    expect(calls).toHaveLength(1);
  });

  it('is retried a limited number of times if the connection fails', async () => {
    const down: Answer = () => Promise.reject(new TypeError('fetch failed'));
    const once = blobs([down, () => new Response('', { status: 503 }), ok]);
    expect(await once.clock.runUntil(once.made.get(DIGEST))).toEqual(BYTES);
    const never = blobs([down]);
    await expect(never.clock.runUntil(never.made.get(DIGEST))).rejects.toSatisfy(code('CONNECT_FAILED'));
    expect(never.calls).toHaveLength(4);
  });

  it('fails after a time if the response never ends', async () => {
    const hanging: Answer = () =>
      new Promise((_resolve, reject) => never.clock.after(120_001, () => reject(new Error('aborted'))));
    const never = blobs([hanging]);
    await expect(never.clock.runUntil(never.made.get(DIGEST))).rejects.toSatisfy(code('CONNECT_FAILED'));
    expect(never.calls[0]!.init!.signal!.aborted).toBe(true);
  });

  it('is not read beyond its maximum size', async () => {
    let read = 0;
    const endless: Answer = () =>
      new Response(
        new ReadableStream<Uint8Array>({
          pull: (controller) => {
            read++;
            controller.enqueue(new Uint8Array(1_000));
          },
        }),
      );
    const { clock, made } = blobs([endless]);
    await expect(clock.runUntil(made.fetchFile('http://s/x', DIGEST, 5_000))).rejects.toSatisfy(
      code('BLOB_MISMATCH'),
    );
    expect(read).toBeLessThan(10);
  });

  it('is uploaded with a ticket, or not at all if the scheduler has it', async () => {
    const { clock, calls, made } = blobs([() => new Response(null, { status: 201 })]);
    expect(await clock.runUntil(made.put(BYTES))).toEqual({ digest: DIGEST, bytes: 3 });
    expect(calls).toMatchObject([
      { url: `http://s/blobs/${DIGEST}`, init: { method: 'PUT', headers: { authorization: 'Bearer t' } } },
    ]);
    const known = blobs([ok], { exists: true });
    await known.clock.runUntil(known.made.put(BYTES));
    expect(known.calls).toEqual([]);
  });

  it('fails with the reason if the scheduler refuses the upload', async () => {
    const { clock, made } = blobs([() => new Response('', { status: 403 })]);
    await expect(clock.runUntil(made.put(BYTES))).rejects.toSatisfy(code('FORBIDDEN'));
  });
});

describe('a cache of bytes', () => {
  it('removes the least recently used entry', () => {
    const cache = new ByteCache<Uint8Array>(10);
    cache.set('a', new Uint8Array(4));
    cache.set('b', new Uint8Array(4));
    cache.get('a');
    cache.set('c', new Uint8Array(4));
    expect(['a', 'b', 'c'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true]);
    expect(cache.bytes).toBe(8);
  });

  it('rejects an entry above its bound, and counts replaced entries once', () => {
    const cache = new ByteCache<Uint8Array>(10);
    cache.set('a', new Uint8Array(4));
    cache.set('a', new Uint8Array(6));
    expect(cache.bytes).toBe(6);
    cache.set('b', new Uint8Array(11));
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('a')).toBeDefined();
  });
});
