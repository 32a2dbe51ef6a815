/**
 * The file tree of a JobFS: a map from absolute paths to entries, in which every directory is an entry. The limits are
 * enforced here, for programs and for bundles.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { ENTRIES_MAX, FILES_BYTES_MAX } from './limits.js';
import { comparePaths, parentsOf, refusePath } from './paths.js';

export type TreeEntry = { kind: 'file'; bytes: Uint8Array } | { kind: 'directory' };

export class Tree {
  readonly #entries = new Map<string, TreeEntry>();
  #filesBytes = 0;

  /** Number of files and directories, without the root. */
  get count(): number {
    return this.#entries.size;
  }

  /** Remaining bytes for files. */
  get bytesLeft(): number {
    return FILES_BYTES_MAX - this.#filesBytes;
  }

  get(path: string): TreeEntry | undefined {
    return path === '/' ? { kind: 'directory' } : this.#entries.get(path);
  }

  isDirectory(path: string): boolean {
    return this.get(path)?.kind === 'directory';
  }

  /** Creates a directory and its parents; existing ones are unchanged. @throws JOBFS_PATH, JOBFS_TOO_LARGE */
  putDirectory(path: string): void {
    for (const parent of parentsOf(path)) this.#putOneDirectory(parent);
    if (path !== '/') this.#putOneDirectory(path);
  }

  /** Adds or replaces a file and creates its parent directories. @throws JOBFS_PATH, JOBFS_TOO_LARGE */
  putFile(path: string, bytes: Uint8Array): void {
    const before = this.get(path);
    if (before?.kind === 'directory') refusePath(path, 'is a directory, so no file can be added there');
    const added = bytes.length - (before?.bytes.length ?? 0);
    if (added > this.bytesLeft) tooLarge('bytes', FILES_BYTES_MAX, this.#filesBytes + added);
    for (const parent of parentsOf(path)) this.#putOneDirectory(parent);
    this.#set(path, { kind: 'file', bytes });
    this.#filesBytes += added;
  }

  /** A tree that has these files besides, by absolute path. @throws JOBFS_PATH, JOBFS_TOO_LARGE */
  with(files: ReadonlyMap<string, Uint8Array>): Tree {
    if (files.size === 0) return this;
    const tree = new Tree();
    for (const [path, entry] of this.#entries) {
      if (entry.kind === 'file') tree.putFile(path, entry.bytes);
      else tree.putDirectory(path);
    }
    for (const [path, bytes] of files) tree.putFile(path, bytes);
    return tree;
  }

  /** All entries, sorted by path, so that a directory precedes its content. */
  sorted(): [path: string, entry: TreeEntry][] {
    return [...this.#entries].sort(([a], [b]) => comparePaths(a, b));
  }

  #putOneDirectory(path: string): void {
    const before = this.#entries.get(path);
    if (before?.kind === 'file') refusePath(path, 'is a file, so nothing can be added below it');
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
    `A job's file system can hold at most ${max} ${what}; this would be ${actual}.`,
    { limit: what, max, actual },
  );
}
