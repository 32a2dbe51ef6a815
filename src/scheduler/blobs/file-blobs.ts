/**
 * Blobs as files in the data folder, named by their digest. A blob is written to a temporary file, checked, synced and then
 * renamed, so that every stored file is complete.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, renameSync, type Stats } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ManyhandsError } from '../../lib/errors.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import { syncFolder } from '../../lib/storage/storage-atomic.js';
import { BLOB_STORE_BYTES_MAX } from '../../protocol/limits.js';
import type { BlobStore } from './blob-store.js';
import { storeFailure } from '../store/port/store-failure.js';

/** Opens the blobs under `folder`, which is created when missing; incomplete files of an earlier run are removed. */
export async function openFileBlobs(folder: string, random: Random): Promise<BlobStore> {
  const parts = join(folder, 'parts');
  await rm(parts, { recursive: true, force: true });
  await mkdir(parts, { recursive: true });
  const usage = { bytes: await bytesUnder(folder) };
  const pathOf = (digest: string): string => join(folder, digest.slice(0, 2), digest);
  const size = async (digest: string): Promise<number | undefined> => (await statOf(pathOf(digest)))?.size;
  return {
    size,
    async put(digest, bytes, content) {
      if ((await size(digest)) !== undefined) return;
      if (usage.bytes + bytes > BLOB_STORE_BYTES_MAX) throw storeFullError(usage.bytes + bytes);
      usage.bytes += bytes;
      const part = join(parts, newId(random));
      try {
        await write(part, digest, bytes, content);
        const under = join(folder, digest.slice(0, 2));
        if ((await mkdir(under, { recursive: true })) !== undefined) await syncFolder(folder);
        // Synchronous check and rename, so that concurrent uploads of the same blob are stored and counted once.
        if (existsSync(pathOf(digest))) throw new AlreadyStored();
        renameSync(part, pathOf(digest));
        await syncFolder(under);
      } catch (error) {
        usage.bytes -= bytes;
        await rm(part, { force: true }).catch(() => undefined);
        if (!(error instanceof AlreadyStored)) throw storeFailure(error) ?? error;
      }
    },
    async get(digest) {
      const bytes = await size(digest);
      return bytes === undefined ? undefined : { bytes, content: createReadStream(pathOf(digest)) };
    },
  };
}

/** A concurrent upload has stored the same blob. */
class AlreadyStored extends Error {}

async function write(
  part: string,
  digest: string,
  bytes: number,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const hash = createHash('sha256');
  const file = await open(part, 'wx', 0o600);
  let received = 0;
  try {
    for await (const chunk of content) {
      received += chunk.byteLength;
      if (received > bytes) throw mismatch(digest, `it has more than the announced ${bytes} bytes`);
      hash.update(chunk);
      // writeFile writes the whole chunk; a single write may write less when the disk is nearly full.
      await file.writeFile(chunk);
    }
    if (received !== bytes) throw mismatch(digest, `it has ${received} bytes, not the announced ${bytes}`);
    if (hash.digest('hex') !== digest) throw mismatch(digest, 'its SHA-256 differs');
    await file.sync();
  } finally {
    await file.close();
  }
}

function mismatch(digest: string, why: string): ManyhandsError {
  return new ManyhandsError('BLOB_MISMATCH', `the uploaded bytes are not blob ${digest}: ${why}`, { digest });
}

function storeFullError(actual: number): ManyhandsError {
  return new ManyhandsError('LIMIT_EXCEEDED', 'the blob store is full: its operator must make room', {
    limit: 'BLOB_STORE_BYTES_MAX',
    max: BLOB_STORE_BYTES_MAX,
    actual,
  });
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function bytesUnder(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) {
    if (!/^[0-9a-f]{2}$/.test(name)) continue;
    for (const file of await readdir(join(folder, name)))
      bytes += (await stat(join(folder, name, file))).size;
  }
  return bytes;
}
