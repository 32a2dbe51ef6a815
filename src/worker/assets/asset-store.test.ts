/**
 * The persistent store of assets: returns what was stored, and stays within its bound.
 */
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { memoryStorage, type KeyValueStorage } from '../../lib/storage/storage.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { AssetStore } from './asset-store.js';

const bytesOf = (fill: number, length = 100): Uint8Array => new Uint8Array(length).fill(fill);

function filled(storage: KeyValueStorage, bytesMax: number): { store: AssetStore; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { store: new AssetStore(storage, clock, bytesMax), clock };
}

describe('a store of assets', () => {
  it('returns what it stores, also to the next process', async () => {
    const storage = memoryStorage();
    const digest = sha256Hex(bytesOf(1));
    await filled(storage, 1_000).store.set(digest, bytesOf(1));
    expect(await filled(storage, 1_000).store.get(digest)).toEqual(bytesOf(1));
    expect(await filled(storage, 1_000).store.get(sha256Hex(bytesOf(2)))).toBeUndefined();
  });

  it('deletes bytes that do not match their digest', async () => {
    const storage = memoryStorage();
    const { store } = filled(storage, 1_000);
    const digest = sha256Hex(bytesOf(1));
    await store.set(digest, bytesOf(1));
    await storage.set(digest, bytesOf(2));
    expect(await store.get(digest)).toBeUndefined();
    expect(await storage.get(digest)).toBeUndefined();
  });

  it('stays within its bound by removing the least recently used entries', async () => {
    const storage = memoryStorage();
    const { store, clock } = filled(storage, 250);
    await store.set('a', bytesOf(1));
    await clock.advance(100_000);
    await store.set('b', bytesOf(2));
    await clock.advance(100_000);
    expect(await store.read('a')).toEqual(bytesOf(1));
    await store.set('c', bytesOf(3));
    expect((await storage.keys()).sort()).toEqual(['a', 'c', 'index']);
    await store.set('large', bytesOf(4, 251));
    expect(await store.read('large')).toBeUndefined();
  });

  it('works if its index is lost', async () => {
    const storage = memoryStorage();
    const { store } = filled(storage, 250);
    await store.set('a', bytesOf(1));
    await storage.set('index', new TextEncoder().encode('[["a"'));
    await store.set('b', bytesOf(2));
    await store.set('c', bytesOf(3));
    await store.set('d', bytesOf(4));
    expect((await storage.keys()).length).toBeLessThanOrEqual(4);
    expect(await store.read('d')).toEqual(bytesOf(4));
  });

  it('counts entries of another process that its index lacks', async () => {
    const storage = memoryStorage();
    await filled(storage, 1_000).store.set('a', bytesOf(1));
    const index = await storage.get('index');
    await filled(storage, 1_000).store.set('b', bytesOf(2));
    await storage.set('index', index!);
    const { store, clock } = filled(storage, 250);
    await clock.advance(100_000);
    await store.set('c', bytesOf(3));
    await store.set('d', bytesOf(4));
    expect((await storage.keys()).sort()).toEqual(['c', 'd', 'index']);
  });

  it('returns to its bound at the first use', async () => {
    const storage = memoryStorage();
    await filled(storage, 1_000).store.set('a', bytesOf(1));
    for (const key of ['b', 'c', 'd']) await storage.set(key, bytesOf(2));
    const { store } = filled(storage, 250);
    await store.delete('none');
    expect((await storage.keys()).length).toBe(3);
  });

  it('only causes a download if the storage fails', async () => {
    const broken = (): Promise<never> => Promise.reject(new Error('the disk is full'));
    const storage = { get: broken, set: broken, add: broken, delete: broken, keys: broken };
    const { store } = filled(storage, 1_000);
    await store.set('a', bytesOf(1));
    expect(await store.get('a')).toBeUndefined();
    await store.delete('a');
  });
});
