import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import type { ErrorCode } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { Blobs } from './blob-client.js';
import { ByteCache } from './byte-cache.js';
import type { SchedulerLink } from '../../client/scheduler-link.js';

const BYTES = new Uint8Array([1, 2, 3]);
const DIGEST = sha256Hex(BYTES);

type Answer = () => Response | Promise<Response>;

/** Blobs whose server gives these answers one after the other, and the last one for ever. */
function blobs(
  answers: Answer[],
  ticket: { exists: boolean; ticket?: string } = { exists: false, ticket: 't' },
) {
  const clock = new VirtualClock();
  const calls: { url: string; init: RequestInit | undefined }[] = [];
  const link = {
    request: () => Promise.resolve(ticket),
    notify: () => undefined,
  } as unknown as SchedulerLink;
  const load: typeof fetch = async (input, init) => {
    calls.push({ url: input instanceof Request ? input.url : String(input), init });
    const answer = await answers[Math.min(calls.length, answers.length) - 1]!();
    init?.signal?.throwIfAborted();
    return answer;
  };
  return { clock, calls, made: new Blobs({ http: 'http://s', fetch: load, clock, link }) };
}

const ok: Answer = () => new Response(BYTES);
const code = (wanted: ErrorCode) => (error: unknown) => isError(error, wanted);

describe('a blob', () => {
  it('is fetched once, however many ask, and kept', async () => {
    const { clock, calls, made } = blobs([ok]);
    const both = await clock.runUntil(Promise.all([made.get(DIGEST), made.get(DIGEST)]));
    expect(both).toEqual([BYTES, BYTES]);
    await made.get(DIGEST);
    expect(calls.map((c) => c.url)).toEqual([`http://s/blobs/${DIGEST}`]);
  });

  it('that is another one is refused, and not kept', async () => {
    const { clock, calls, made } = blobs([() => new Response('else'), ok]);
    await expect(clock.runUntil(made.get(DIGEST))).rejects.toSatisfy(code('BLOB_MISMATCH'));
    expect(await clock.runUntil(made.get(DIGEST))).toEqual(BYTES);
    expect(calls).toHaveLength(2);
  });

  it('that nobody has is told so at once', async () => {
    const { clock, calls, made } = blobs([() => new Response('', { status: 404 })]);
    await expect(clock.runUntil(made.get(DIGEST))).rejects.toSatisfy(code('BLOB_UNKNOWN'));
    expect(calls).toHaveLength(1);
  });

  it('is tried again while the way to it is broken, not for ever', async () => {
    const down: Answer = () => Promise.reject(new TypeError('fetch failed'));
    const once = blobs([down, () => new Response('', { status: 503 }), ok]);
    expect(await once.clock.runUntil(once.made.get(DIGEST))).toEqual(BYTES);
    const never = blobs([down]);
    await expect(never.clock.runUntil(never.made.get(DIGEST))).rejects.toSatisfy(code('CONNECT_FAILED'));
    expect(never.calls).toHaveLength(4);
  });

  it('that never comes is given up', async () => {
    const hanging: Answer = () =>
      new Promise((_resolve, reject) => never.clock.after(120_001, () => reject(new Error('aborted'))));
    const never = blobs([hanging]);
    await expect(never.clock.runUntil(never.made.get(DIGEST))).rejects.toSatisfy(code('CONNECT_FAILED'));
    expect(never.calls[0]!.init!.signal!.aborted).toBe(true);
  });

  it('is not read past its size', async () => {
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

  it('is put with its ticket, or not at all where it is known', async () => {
    const { clock, calls, made } = blobs([() => new Response(null, { status: 201 })]);
    expect(await clock.runUntil(made.put(BYTES))).toEqual({ digest: DIGEST, bytes: 3 });
    expect(calls).toMatchObject([
      { url: `http://s/blobs/${DIGEST}`, init: { method: 'PUT', headers: { authorization: 'Bearer t' } } },
    ]);
    const known = blobs([ok], { exists: true });
    await known.clock.runUntil(known.made.put(BYTES));
    expect(known.calls).toEqual([]);
  });

  it('that is not taken says why', async () => {
    const { clock, made } = blobs([() => new Response('', { status: 403 })]);
    await expect(clock.runUntil(made.put(BYTES))).rejects.toSatisfy(code('FORBIDDEN'));
  });
});

describe('a cache of bytes', () => {
  it('forgets what was not used for longest', () => {
    const cache = new ByteCache<Uint8Array>(10);
    cache.set('a', new Uint8Array(4));
    cache.set('b', new Uint8Array(4));
    cache.get('a');
    cache.set('c', new Uint8Array(4));
    expect(['a', 'b', 'c'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true]);
    expect(cache.bytes).toBe(8);
  });

  it('keeps nothing that is too large by itself, and counts what is replaced', () => {
    const cache = new ByteCache<Uint8Array>(10);
    cache.set('a', new Uint8Array(4));
    cache.set('a', new Uint8Array(6));
    expect(cache.bytes).toBe(6);
    cache.set('b', new Uint8Array(11));
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('a')).toBeDefined();
  });
});
