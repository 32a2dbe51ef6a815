import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { BlobCache } from './blob-cache.js';
import { ByteCache } from './byte-cache.js';

const BYTES = new Uint8Array([1, 2, 3]);
const DIGEST = sha256Hex(BYTES);

/** A cache whose server gives these bodies in order, and the addresses that were requested. */
function cacheOf(bodies: (Uint8Array<ArrayBuffer> | string)[]) {
  const clock = new VirtualClock();
  const calls: string[] = [];
  const load: typeof fetch = (input) => {
    calls.push(input instanceof Request ? input.url : String(input));
    return Promise.resolve(new Response(bodies[calls.length - 1]));
  };
  const random = new SeededRandom(1);
  const cache = new BlobCache({ http: 'http://s', fetch: load, clock, random, client: undefined as never });
  return { clock, calls, cache };
}

describe('a blob', () => {
  it('is fetched once for concurrent calls, and cached', async () => {
    const { clock, calls, cache } = cacheOf([BYTES]);
    const both = await clock.runUntil(Promise.all([cache.get(DIGEST), cache.get(DIGEST)]));
    expect(both).toEqual([BYTES, BYTES]);
    await cache.get(DIGEST);
    expect(calls).toEqual([`http://s/blobs/${DIGEST}`]);
  });

  it('is not cached if its digest is wrong', async () => {
    const { clock, calls, cache } = cacheOf(['else', BYTES]);
    await expect(clock.runUntil(cache.get(DIGEST))).rejects.toSatisfy((error) =>
      isError(error, 'BLOB_MISMATCH'),
    );
    expect(await clock.runUntil(cache.get(DIGEST))).toEqual(BYTES);
    expect(calls).toHaveLength(2);
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
