import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { longResponse } from '../../testing/long-response.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { describeWorktime } from '../../worktimes/registry.js';
import { AssetManifest } from './asset-manifest.js';
import { BlobCache } from './blob-cache.js';
import { knownDigests } from './file-digests.js';
import { lazyHost } from '../hosts/lazy-host.js';
import type { SandboxHost } from '../hosts/port/sandbox-host.js';

const PYODIDE = { name: 'pyodide', version: '314.0.7' };
const bytesOf = (name: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(`file ${name}`);

function entries(): Record<string, unknown>[] {
  return describeWorktime('pyodide')!.assets!.files.map((name) => {
    const bytes = bytesOf(name);
    return {
      name,
      path: `/assets/pyodide/314/${name}`,
      sha256: sha256Hex(bytes),
      bytes: bytes.length,
      package: 'pyodide',
    };
  });
}

function manifest(body: string | (() => string), file = bytesOf) {
  const calls: string[] = [];
  const load: typeof fetch = (input) => {
    const url = input instanceof Request ? input.url : String(input);
    calls.push(url);
    if (url.endsWith('/manifest.json'))
      return Promise.resolve(new Response(typeof body === 'string' ? body : body()));
    return Promise.resolve(new Response(file(url.split('/').at(-1)!)));
  };
  const blobs = new BlobCache({
    http: 'http://s',
    fetch: load,
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    client: undefined as never,
  });
  return { calls, made: new AssetManifest('http://s', load, blobs) };
}

describe('the files of a worktime', () => {
  it('are those of the manifest, verified, and fetched once for all jobs', async () => {
    const { made, calls } = manifest(JSON.stringify({ assets: entries() }));
    const files = await made.worktimeFiles(PYODIDE);
    expect(Object.keys(files)).toEqual(describeWorktime('pyodide')!.assets!.files);
    expect(files['pyodide.mjs']).toEqual(bytesOf('pyodide.mjs'));
    expect(Object.keys(knownDigests(files))).toEqual(Object.keys(files));
    await made.worktimeFiles(PYODIDE);
    expect(calls).toHaveLength(6);
  });

  it('are empty if the worktime needs none', async () => {
    const { made, calls } = manifest('');
    expect(await made.worktimeFiles({ name: 'map-basic', version: '1.0.0' })).toEqual({});
    expect(calls).toEqual([]);
  });

  it('are rejected if they were changed in transit', async () => {
    const { made } = manifest(JSON.stringify({ assets: entries() }), () => bytesOf('evil'));
    await expect(made.worktimeFiles(PYODIDE)).rejects.toSatisfy((e) => isError(e, 'BLOB_MISMATCH'));
  });

  it('are named in the error if they are not served', async () => {
    const { made } = manifest(JSON.stringify({ assets: [] }));
    await expect(made.find('browser-sandbox.js')).rejects.toThrow(/browser-sandbox\.js/);
  });

  const malformed: [string, string][] = [
    ['no JSON', 'hello'],
    ['no list', '{}'],
    ['a path to another host', JSON.stringify({ assets: [{ ...entries()[0], path: '//evil/x' }] })],
    ['a path that is none', JSON.stringify({ assets: [{ ...entries()[0], path: 'http://evil/x' }] })],
    ['no digest', JSON.stringify({ assets: [{ ...entries()[0], sha256: 'x' }] })],
    ['too large a file', JSON.stringify({ assets: [{ ...entries()[0], bytes: 1e12 }] })],
    ['nothing', JSON.stringify({ assets: [null] })],
  ];
  it.each(malformed)('are rejected if the manifest has %s', async (_what, body) => {
    await expect(manifest(body).made.find('x')).rejects.toSatisfy((e) => isError(e, 'CONNECT_FAILED'));
  });

  it('are rejected if the manifest is too large, which is not read to its end', async () => {
    const { response, sent } = longResponse(64 * 1024 * 1024);
    const load: typeof fetch = () => Promise.resolve(response);
    const made = new AssetManifest('http://s', load, undefined as never);
    await expect(made.find('x')).rejects.toThrow(/more than 1048576 bytes/);
    expect(sent()).toBeLessThan(2 * 1024 * 1024);
  });

  it('are fetched again after a failure', async () => {
    let times = 0;
    const { made } = manifest(() => (++times === 1 ? 'broken' : JSON.stringify({ assets: entries() })));
    await expect(made.find('pyodide.mjs')).rejects.toThrow();
    expect((await made.find('pyodide.mjs')).url).toBe('http://s/assets/pyodide/314/pyodide.mjs');
  });
});

describe('a lazily created host', () => {
  it('is created once, again after a failure, and closed', async () => {
    let made = 0;
    let closed = 0;
    const real: SandboxHost = {
      isolation: 'browser',
      start: (owner) => Promise.resolve({ send: () => undefined, kill: () => undefined, owner }),
      close: () => Promise.resolve(void closed++),
    };
    const host = lazyHost('browser', () =>
      ++made === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(real),
    );
    const handlers = { message: () => undefined, exit: () => undefined };
    await expect(host.start('a', handlers)).rejects.toThrow('not yet');
    await host.start('a', handlers);
    await host.start('b', handlers);
    expect(made).toBe(2);
    await host.close();
    expect(closed).toBe(1);
    await expect(host.start('c', handlers)).rejects.toSatisfy((e) => isError(e, 'CLOSED'));
  });
});
