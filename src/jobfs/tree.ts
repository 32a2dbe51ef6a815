/**
 * The tree of files that a JobFS is: a flat map by absolute path, in which every directory is an entry. Both
 * ways to fill one, by a program and from a bundle, obey the same limits here.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { ENTRIES_MAX, FILES_BYTES_MAX } from './limits.js';
import { comparePaths, parentsOf, refusePath } from './paths.js';

export type TreeEntry = { kind: 'file'; bytes: Uint8Array } | { kind: 'directory' };

export class Tree {
  readonly #entries = new Map<string, TreeEntry>();
  #filesBytes = 0;

  /** Files and directories; the root is none. */
  get count(): number {
    return this.#entries.size;
  }

  /** Bytes that may still be added. */
  get bytesLeft(): number {
    return FILES_BYTES_MAX - this.#filesBytes;
  }

  get(path: string): TreeEntry | undefined {
    return path === '/' ? { kind: 'directory' } : this.#entries.get(path);
  }

  isDirectory(path: string): boolean {
    return this.get(path)?.kind === 'directory';
  }

  /** Makes a directory and those above it; those that exist stay as they are. @throws JOBFS_PATH, JOBFS_TOO_LARGE */
  putDirectory(path: string): void {
    for (const parent of parentsOf(path)) this.#putOneDirectory(parent);
    if (path !== '/') this.#putOneDirectory(path);
  }

  /** Puts a file, over one that is there already; makes the directories above it. @throws JOBFS_PATH, JOBFS_TOO_LARGE */
  putFile(path: string, bytes: Uint8Array): void {
    const before = this.get(path);
    if (before?.kind === 'directory') refusePath(path, 'is a directory, so no file can be put there');
    const added = bytes.length - (before?.bytes.length ?? 0);
    if (added > this.bytesLeft) tooLarge('bytes', FILES_BYTES_MAX, this.#filesBytes + added);
    for (const parent of parentsOf(path)) this.#putOneDirectory(parent);
    this.#set(path, { kind: 'file', bytes });
    this.#filesBytes += added;
  }

  /** Every entry, sorted by path, so that a directory comes before what is in it. */
  sorted(): [path: string, entry: TreeEntry][] {
    return [...this.#entries].sort(([a], [b]) => comparePaths(a, b));
  }

  #putOneDirectory(path: string): void {
    const before = this.#entries.get(path);
    if (before?.kind === 'file') refusePath(path, 'is a file, so nothing can be put under it');
    if (before === undefined) this.#set(path, { kind: 'directory' });
  }

  #set(path: string, entry: TreeEntry): void {
    if (!this.#entries.has(path) && this.#entries.size >= ENTRIES_MAX) {
      tooLarge('files and directories', ENTRIES_MAX, this.#entries.size + 1);
    }
    this.#entries.set(path, entry);
  }
}

/** @throws JOBFS_TOO_LARGE always */
export function tooLarge(what: string, max: number, actual: number): never {
  throw new ManyhandsError(
    'JOBFS_TOO_LARGE',
    `A job's file system holds at most ${max} ${what}; this would make it ${actual}.`,
    { limit: what, max, actual },
  );
}
