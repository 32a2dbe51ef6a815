/**
 * Snapshots are made once, stored with their digest, and deleted when they cannot be used.
 */
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../../lib/storage/storage.js';
import { FakeSandboxHost } from '../../../testing/worker/fake-sandbox.js';
import type { FakeSandboxScript } from '../../../testing/worker/fake-sandbox.js';
import { VirtualClock } from '../../../testing/virtual-clock.js';
import { AssetStore } from '../../assets/asset-store.js';
import { Snapshots } from './snapshots.js';

const PYTHON = { name: 'pyodide', version: '314.0.7' };
const FILES = { 'python_stdlib.zip': new Uint8Array([1, 2, 3]) };

function place(storage = memoryStorage(), script: Partial<FakeSandboxScript> = {}) {
  const clock = new VirtualClock();
  const host = new FakeSandboxHost(clock, { slice: () => ({ kind: 'hang' }), ...script });
  const warnings: unknown[] = [];
  const store = new AssetStore(storage, clock);
  const snapshots = new Snapshots({ host, clock, store, warn: (error) => warnings.push(error) });
  const get = (files = FILES): Promise<Uint8Array | undefined> =>
    clock.runUntil(snapshots.get(PYTHON, files));
  return { clock, host, snapshots, get, warnings, storage };
}

describe('snapshots', () => {
  it('are made once for all callers, in a sandbox that then ends', async () => {
    const { clock, host, snapshots } = place();
    const asked = [snapshots.get(PYTHON, FILES), snapshots.get(PYTHON, FILES)];
    const [one, other] = await clock.runUntil(Promise.all(asked));
    expect(one).toBeInstanceOf(Uint8Array);
    expect(other).toBe(one);
    expect([host.snapshots, host.prewarmed]).toEqual([1, 0]);
  });

  it('do not exist for JavaScript', async () => {
    const { clock, host, snapshots } = place();
    const js = { name: 'map-basic', version: '1.0.0' };
    expect(await clock.runUntil(snapshots.get(js, {}))).toBeUndefined();
    expect(host.snapshots).toBe(0);
  });

  it('are kept beyond the life of the worker, for exactly these files', async () => {
    const storage = memoryStorage();
    const made = await place(storage).get();
    const next = place(storage);
    expect(await next.get()).toEqual(made);
    expect(next.host.snapshots).toBe(0);
    const other = place(storage);
    await other.get({ 'python_stdlib.zip': new Uint8Array([1, 2, 4]) });
    expect(other.host.snapshots).toBe(1);
  });

  it('are made again if the stored one is damaged', async () => {
    const storage = memoryStorage();
    await place(storage).get();
    const [key] = (await storage.keys()).filter((name) => name.startsWith('snapshot-'));
    const damaged = (await storage.get(key!))!.slice();
    damaged[damaged.length - 1]! ^= 1;
    await storage.set(key!, damaged);
    const next = place(storage);
    expect(await next.get()).toBeInstanceOf(Uint8Array);
    expect(next.host.snapshots).toBe(1);
  });

  it('are deleted if one cannot be used, and not made again without limit', async () => {
    const { clock, host, snapshots, get, storage } = place();
    await get();
    snapshots.reject(PYTHON);
    await clock.advance(0);
    expect((await storage.keys()).filter((name) => name.startsWith('snapshot-'))).toEqual([]);
    expect(await get()).toBeInstanceOf(Uint8Array);
    expect(host.snapshots).toBe(2);
    snapshots.reject(PYTHON);
    expect(await get()).toBeUndefined();
    await clock.advance(11 * 60_000);
    expect(await get()).toBeInstanceOf(Uint8Array);
  });

  it('are not used if none can be made, with one warning', async () => {
    const { get, warnings, host, clock } = place(memoryStorage(), { starts: () => false });
    expect(await get()).toBeUndefined();
    expect(await get()).toBeUndefined();
    expect(warnings).toHaveLength(1);
    await clock.advance(11 * 60_000);
    await get();
    expect(warnings).toHaveLength(2);
    expect(host.snapshots).toBe(0);
  });
});
