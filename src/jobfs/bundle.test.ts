import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import vector from '../../tests/vectors/jobfs.json' with { type: 'json' };
import { systemClock } from '../lib/clock.js';
import { sha256Hex } from '../lib/crypto/sha256.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { packTree, unpackBundle } from './bundle.js';
import { JobFS } from './job-fs.js';
import { FILES_BYTES_MAX } from './limits.js';
import { TAR_END, tarHeader, tarPadding } from './tar-write.js';
import { Tree } from './tree.js';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const make = (): JobFS => new JobFS({ fetch });

/** Names of all lengths and scripts; `/` in them makes directories. */
const path = fc
  .array(
    fc.string({
      unit: fc.constantFrom('a', 'B', '.x', 'é', '漢', '😀', ' ', '~', '=', '\n', 'long'.repeat(20)),
      minLength: 1,
      maxLength: 6,
    }),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => `/f/${parts.join('/')}`);
const files = fc.uniqueArray(fc.tuple(path, fc.uint8Array({ maxLength: 1_500 })), {
  maxLength: 12,
  selector: ([p]) => p,
});

describe('a bundle', () => {
  it('unpacks to the packed files, and is independent of their order', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (entries) => {
        const one = new Tree();
        const other = new Tree();
        const put = (tree: Tree, [to, bytes]: [string, Uint8Array]): boolean => {
          try {
            tree.putFile(to, bytes);
            return true;
          } catch {
            // A path that is a parent of another one cannot be a file.
            return false;
          }
        };
        fc.pre(
          entries.every((entry) => put(one, entry)) &&
            [...entries].reverse().every((entry) => put(other, entry)),
        );
        const bytes = await packTree(one, systemClock);
        expect(await packTree(other, systemClock)).toEqual(bytes);
        expect([...unpackBundle(bytes)]).toEqual(one.sorted());
      }),
      { numRuns: 60 },
    );
  });

  it('is the same at another time and after a file is replaced', async () => {
    const early = new JobFS({ fetch }, new VirtualClock(0));
    const late = make();
    await late.add(text('other'), 'b');
    for (const fs of [early, late]) await fs.add(text('b'), 'b');
    expect((await late.pack()).digest).toBe((await early.pack()).digest);
    expect((await late.pack()).bytes).toEqual((await early.pack()).bytes);
  });

  it('differs if any file differs', async () => {
    const digests = new Set<string>();
    for (const [to, content] of [
      ['a', '1'],
      ['a', '2'],
      ['b', '1'],
      ['a/a', '1'],
    ] as const) {
      const fs = make();
      await fs.add(text(content), to);
      digests.add((await fs.pack()).digest);
    }
    digests.add((await make().mkdir('a').pack()).digest);
    expect(digests.size).toBe(5);
  });

  it('has the digest of the golden vector', async () => {
    const fs = make();
    for (const [to, content] of Object.entries(vector.files)) await fs.add(text(content), to);
    await fs.add(text(vector.repeated.text.repeat(vector.repeated.times)), vector.repeated.path);
    fs.mkdir(vector.directory);
    const { bytes, digest } = await fs.pack();
    expect(sha256Hex(bytes)).toBe(digest);
    expect({ bytes: bytes.length, digest }).toEqual({ bytes: vector.bytes, digest: vector.digest });
  });

  it('unpacks each file to a separate buffer, which can be transferred', async () => {
    const fs = make();
    await fs.add(text('one'), 'a');
    await fs.add(text('two'), 'b');
    const entries = [...unpackBundle((await fs.pack()).bytes).values()];
    const buffers = entries.flatMap((entry) => (entry.kind === 'file' ? [entry.bytes] : []));
    expect(buffers.map((bytes) => bytes.buffer.byteLength)).toEqual([3, 3]);
  });
});

describe('unpacking', () => {
  const member = (name: string, content = '', kind: 'file' | 'directory' = 'file'): Uint8Array[] => {
    const bytes = text(content);
    return [tarHeader(`/${name}`, kind, bytes.length), bytes, tarPadding(bytes.length)];
  };
  const tar = (...parts: Uint8Array[][]): Uint8Array =>
    new Uint8Array(gzipSync(Buffer.concat([...parts.flat(), TAR_END])));

  it('adds missing parent directories before their content', () => {
    expect([...unpackBundle(tar(member('a/b/c'), member('0'))).keys()]).toEqual([
      '/0',
      '/a',
      '/a/b',
      '/a/b/c',
    ]);
  });

  it('uses the last of two files with the same name', () => {
    expect(unpackBundle(tar(member('a', 'first'), member('./a', 'last'))).get('/a')).toEqual({
      kind: 'file',
      bytes: text('last'),
    });
  });

  it('accepts an archive without the final zero blocks', () => {
    const bare = new Uint8Array(gzipSync(Buffer.concat(member('a', 'x'))));
    expect(unpackBundle(bare).has('/a')).toBe(true);
  });

  it('allocates no memory for a size that a header only claims', () => {
    const claim = new Uint8Array(gzipSync(tarHeader('/bomb', 'file', FILES_BYTES_MAX + 1)));
    expect(() => unpackBundle(claim)).toThrow(expect.objectContaining({ code: 'JOBFS_TOO_LARGE' }));
  });
});
