/**
 * Durable files for Node: written under a temporary name, synced and renamed, so that after a crash there is the old file
 * or the new one, and never a part of one.
 * @module
 */
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toHex } from '../crypto/ids.js';
import type { Random } from '../crypto/random.js';

/** Windows has no mode bits (`stat` returns meaningless ones there), and cannot sync a folder. */
export const HAS_MODES = process.platform !== 'win32';

/** Creates the file or replaces it. `mode` is that of the new file; its folder must exist. */
export async function replaceFile(
  path: string,
  content: Uint8Array | string,
  mode: number,
  random: Random,
): Promise<void> {
  const temporary = temporaryPath(path, random);
  try {
    await createFile(temporary, content, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** A new name in the folder of that file. */
export function temporaryPath(path: string, random: Random): string {
  return join(dirname(path), `.${toHex(random.bytes(8))}.tmp`);
}

/** Writes and syncs a new file. Rejects where the path exists. */
export async function createFile(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names of a folder durable: after a power failure a renamed file has its new name. */
export async function syncFolder(path: string): Promise<void> {
  if (!HAS_MODES) return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
