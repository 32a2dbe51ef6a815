/**
 * The storage port over a folder, for Node: one file for each key, written atomically. With `secret` only the owner may
 * access the folder and its files, and a file that others can read is refused.
 * @module
 */
import { mkdir, open, link, readdir, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ManyhandsError } from '../errors.js';
import type { Random } from '../crypto/random.js';
import { createFile, HAS_MODES, replaceFile, syncFolder, temporaryPath } from './storage-atomic.js';
import type { KeyValueStorage } from './storage.js';

export interface FileStorageOptions {
  /** Created, with its parents, at the first write. */
  dir: string;
  /** The end of file names, behind the key, with its dot. */
  suffix: string;
  random: Random;
  /** Modes 0700 and 0600; reading a file that its group or others may read throws `KEYSTORE_UNSAFE`. */
  secret?: boolean;
}

const KEY_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@ -]{0,127}$/;

/**
 * A folder as storage. Keys are letters, digits, spaces and `._@-`, so that none leads out of the folder.
 * @throws KEYSTORE_UNSAFE from `get`, where `secret` is set; INVALID_ARGUMENT for a key with other characters;
 *   FOLDER_UNUSABLE where the operating system refuses an operation
 */
export function fileStorage(options: FileStorageOptions): KeyValueStorage {
  const { dir, suffix } = options;
  const pathOf = (key: string): string => {
    if (!KEY_PATTERN.test(key)) {
      throw new ManyhandsError(
        'INVALID_ARGUMENT',
        `A storage key is letters, digits and " ._@-", not ${JSON.stringify(key)}`,
      );
    }
    return join(dir, key + suffix);
  };
  const fileMode = options.secret ? 0o600 : 0o666;
  const createFolder = (): Promise<unknown> =>
    mkdir(dir, { recursive: true, mode: options.secret ? 0o700 : 0o777 });
  const files: KeyValueStorage = {
    async get(key) {
      const path = pathOf(key);
      const file = await orMissing(open(path, 'r'));
      if (file === undefined) return undefined;
      try {
        if (options.secret) await refuseIfShared(file, path);
        return new Uint8Array(await file.readFile());
      } finally {
        await file.close();
      }
    },
    async set(key, value) {
      const path = pathOf(key);
      await createFolder();
      await replaceFile(path, value, fileMode, options.random);
    },
    async add(key, value) {
      const path = pathOf(key);
      await createFolder();
      const temporary = temporaryPath(path, options.random);
      try {
        await createFile(temporary, value, fileMode);
        return await linkNew(temporary, path, value, fileMode);
      } finally {
        await orMissing(unlink(temporary));
        await syncFolder(dir);
      }
    },
    async delete(key) {
      await orMissing(unlink(pathOf(key)));
    },
    async keys() {
      const names = (await orMissing(readdir(dir))) ?? [];
      return names
        .filter((name) => name.endsWith(suffix) && !name.startsWith('.'))
        .map((name) => name.slice(0, name.length - suffix.length))
        .filter((key) => KEY_PATTERN.test(key))
        .sort();
    },
  };
  const usable = <R>(call: Promise<R>): Promise<R> =>
    call.catch((error: unknown) => throwUnusable(error, dir));
  return {
    get: (key) => usable(files.get(key)),
    set: (key, value) => usable(files.set(key, value)),
    add: (key, value) => usable(files.add(key, value)),
    delete: (key) => usable(files.delete(key)),
    keys: () => usable(files.keys()),
  };
}

/** Turns errors of the operating system, such as EACCES or ENOSPC, into FOLDER_UNUSABLE; rethrows others. */
function throwUnusable(error: unknown, dir: string): never {
  if (typeof codeOf(error) !== 'string' || (error as { syscall?: unknown }).syscall === undefined)
    throw error;
  const reason = (error as Error).message;
  throw new ManyhandsError(
    'FOLDER_UNUSABLE',
    `The folder ${dir} cannot be used (${reason}). Make it readable and writable, or name another home in MANYHANDS_HOME.`,
    { path: dir, reason },
    { cause: error },
  );
}

/** Only a hard link can create a complete file under a name atomically, and only if the name is free. */
async function linkNew(temporary: string, path: string, value: Uint8Array, mode: number): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    // exFAT and some network file systems have no hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
  }
  try {
    await createFile(path, value, mode);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function refuseIfShared(file: FileHandle, path: string): Promise<void> {
  if (!HAS_MODES) return;
  const { mode } = await file.stat();
  if ((mode & 0o077) === 0) return;
  throw new ManyhandsError(
    'KEYSTORE_UNSAFE',
    `Others on this machine can use ${path} (mode ${(mode & 0o777).toString(8).padStart(4, '0')}). ` +
      `Make it yours alone: chmod 600 '${path}'`,
    { path },
  );
}

async function orMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;
