import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '../../lib/crypto/random.js';
import { isError } from '../../lib/errors.js';
import { BLOB_STORE_BYTES_MAX } from '../../protocol/limits.js';
import { openFileBlobs } from './file-blobs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-blobs-'));
});
afterEach(() => rm(folder, { recursive: true }));

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Promise.resolve(bytesOf(text));
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => (isError(error) ? error.code : String(error)),
  );
}

async function contentOf(blob: { content: AsyncIterable<Uint8Array> } | undefined): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of blob!.content) parts.push(part);
  return Buffer.concat(parts).toString();
}

test('the blob store keeps a blob over a restart, and removes incomplete ones', async () => {
  const blobs = await openFileBlobs(folder, systemRandom);
  await blobs.put(digestOf('hello'), 5, chunks('he', 'll', 'o'));
  await writeFile(join(folder, 'parts', 'half'), 'hel');
  const again = await openFileBlobs(folder, systemRandom);
  expect(await again.size(digestOf('hello'))).toBe(5);
  expect(await contentOf(await again.get(digestOf('hello')))).toBe('hello');
  expect(await readdir(join(folder, 'parts'))).toEqual([]);
  expect(await again.get(digestOf('other'))).toBeUndefined();
});

/** Fills the store except for so many bytes. */
async function openWithRoom(bytes: number): Promise<Awaited<ReturnType<typeof openFileBlobs>>> {
  const first = 'f'.repeat(64);
  await mkdir(join(folder, 'ff'));
  await writeFile(join(folder, 'ff', first), '');
  const { truncate } = await import('node:fs/promises');
  // A sparse file, which uses no space on the disk.
  await truncate(join(folder, 'ff', first), BLOB_STORE_BYTES_MAX - bytes);
  return openFileBlobs(folder, systemRandom);
}

test('the blob store refuses blobs beyond its capacity, and does not count failed uploads', async () => {
  const blobs = await openWithRoom(5);
  expect(await codeOf(blobs.put(digestOf('hello!'), 6, chunks('hello!')))).toBe('LIMIT_EXCEEDED');
  expect(await codeOf(blobs.put(digestOf('hello'), 5, chunks('jello')))).toBe('BLOB_MISMATCH');
  expect(await codeOf(blobs.put(digestOf('hello'), 5, chunks('hello')))).toBeUndefined();
  expect(await codeOf(blobs.put(digestOf('x'), 1, chunks('x')))).toBe('LIMIT_EXCEEDED');
});

test('the blob store counts a blob once when it is uploaded several times concurrently', async () => {
  const blobs = await openWithRoom(15);
  const puts = [1, 2, 3].map(() => blobs.put(digestOf('hello'), 5, chunks('he', 'llo')));
  await Promise.all(puts);
  expect(await readdir(join(folder, 'parts'))).toEqual([]);
  expect(await codeOf(blobs.put(digestOf('ten bytes!'), 10, chunks('ten bytes!')))).toBeUndefined();
});
