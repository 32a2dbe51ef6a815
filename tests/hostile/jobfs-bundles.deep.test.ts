/**
 * The limits of bundles that take long to reach.
 * @module
 */
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { packTree, unpackBundle } from '../../src/jobfs/bundle.js';
import { BUNDLE_BYTES_MAX, ENTRIES_MAX, FILES_BYTES_MAX } from '../../src/jobfs/limits.js';
import { tarHeader } from '../../src/jobfs/tar-write.js';
import { Tree } from '../../src/jobfs/tree.js';
import { systemClock } from '../../src/lib/clock.js';

it('a file tree larger than a blob is not packed', async () => {
  const tree = new Tree();
  const noise = new Uint8Array(BUNDLE_BYTES_MAX + 65_536);
  for (let i = 0, state = 1; i < noise.length; i += 4) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    noise[i] = state;
    noise[i + 1] = state >>> 8;
    noise[i + 2] = state >>> 16;
    noise[i + 3] = state >>> 24;
  }
  tree.putFile('/noise', noise);
  await expect(packTree(tree, systemClock)).rejects.toMatchObject({ code: 'JOBFS_TOO_LARGE' });
}, 60_000);

it('a bundle that replaces one file again and again is refused', () => {
  const once = Buffer.concat([tarHeader('/a', 'file', 2 ** 26), Buffer.alloc(2 ** 26)]);
  const bomb = new Uint8Array(gzipSync(Buffer.concat(Array.from({ length: 6 }, () => once)), { level: 1 }));
  expect(() => unpackBundle(bomb)).toThrow(expect.objectContaining({ code: 'JOBFS_TOO_LARGE' }));
});

it('the largest allowed file tree is packed and unpacked', async () => {
  const tree = new Tree();
  const share = Math.floor(FILES_BYTES_MAX / (ENTRIES_MAX / 2));
  for (let i = 0; i < ENTRIES_MAX / 2; i++) {
    tree.putFile(`/${String(i).padStart(4, '0')}${'é'.repeat(400)}/f`, new Uint8Array(share));
  }
  expect(tree.count).toBe(ENTRIES_MAX);
  const unpacked = unpackBundle(await packTree(tree, systemClock));
  expect(unpacked.size).toBe(ENTRIES_MAX);
});
