/**
 * Path operations of modules: open, create, rename, link and remove, with POSIX semantics, on one tree that is read only in
 * parts. Methods throw a `WasiError` where they fail.
 * @module
 */
import { ERRNO, OFLAGS, WasiError } from './constants.js';
import { DirectoryNode, FileNode, SymlinkNode, type Inode } from './inodes.js';
import { escapesStart, lookUpPath, type LookupResult } from './path-lookup.js';

/** Where the lookup of a relative path starts: a directory, and a second one for paths that do not exist in the first. */
export interface PathStart {
  readonly directory: DirectoryNode;
  /**
   * C libraries for WASI pass both `/x` and `x` as `x` in the directory named `/`: a path that does not exist there may be
   * relative to this directory.
   */
  readonly fallback?: DirectoryNode | undefined;
}

export interface OpenHow {
  /** A set of `OFLAGS`. */
  readonly oflags: number;
  readonly follow: boolean;
  readonly isWriting: boolean;
}

const has = (flags: number, flag: number): boolean => (flags & flag) !== 0;

export class FileSystem {
  readonly root: DirectoryNode;

  constructor(root: DirectoryNode) {
    this.root = root;
  }

  /** The node of a path. */
  find(start: PathStart, path: string, follow: boolean): Inode {
    const { node, requiresDirectory } = this.#lookUp(start, path, follow, false);
    if (node === undefined) throw new WasiError(ERRNO.NOENT);
    if (requiresDirectory && !(node instanceof DirectoryNode)) throw new WasiError(ERRNO.NOTDIR);
    return node;
  }

  /** The node to open, created if `OFLAGS.CREAT` is set. */
  open(start: PathStart, path: string, { oflags, follow, isWriting }: OpenHow): Inode {
    const isExclusive = has(oflags, OFLAGS.CREAT) && has(oflags, OFLAGS.EXCL);
    const target = this.#lookUp(start, path, follow && !isExclusive, has(oflags, OFLAGS.CREAT));
    const { node, requiresDirectory } = target;
    if (node === undefined) return this.#create(target, oflags);
    if (isExclusive) throw new WasiError(ERRNO.EXIST);
    if (node instanceof SymlinkNode) throw new WasiError(ERRNO.LOOP);
    if (node instanceof DirectoryNode) {
      if (isWriting && !has(oflags, OFLAGS.DIRECTORY)) throw new WasiError(ERRNO.ISDIR);
      if (has(oflags, OFLAGS.TRUNC)) throw new WasiError(ERRNO.ISDIR);
      return node;
    }
    if (has(oflags, OFLAGS.DIRECTORY) || requiresDirectory) throw new WasiError(ERRNO.NOTDIR);
    if (!(node instanceof FileNode)) return node;
    if (node.isReadOnly && (isWriting || has(oflags, OFLAGS.TRUNC))) throw new WasiError(ERRNO.ROFS);
    if (has(oflags, OFLAGS.TRUNC)) {
      node.bytes.resize(0);
      node.touch();
    }
    return node;
  }

  makeDirectory(start: PathStart, path: string): void {
    const { parent, name, node } = this.#lookUp(start, path, false, true);
    if (node !== undefined) throw new WasiError(ERRNO.EXIST);
    parent.checkWritable();
    parent.put(name, new DirectoryNode(parent));
  }

  makeSymlink(target: string, start: PathStart, path: string): void {
    const { parent, name, node, requiresDirectory } = this.#lookUp(start, path, false, true);
    if (node !== undefined) throw new WasiError(ERRNO.EXIST);
    if (requiresDirectory || target === '') throw new WasiError(ERRNO.NOENT);
    parent.checkWritable();
    parent.put(name, new SymlinkNode(target));
  }

  link(from: PathStart, oldPath: string, follow: boolean, to: PathStart, newPath: string): void {
    const node = this.find(from, oldPath, follow);
    if (node instanceof DirectoryNode) throw new WasiError(ERRNO.PERM);
    const { parent, name, node: there, requiresDirectory } = this.#lookUp(to, newPath, false, true);
    if (there !== undefined) throw new WasiError(ERRNO.EXIST);
    if (requiresDirectory) throw new WasiError(ERRNO.NOENT);
    parent.checkWritable();
    // Read-only files count as another file system.
    if (node instanceof FileNode && node.isReadOnly) throw new WasiError(ERRNO.XDEV);
    node.links += 1;
    parent.put(name, node);
  }

  unlink(start: PathStart, path: string): void {
    const { parent, name, node, requiresDirectory } = this.#lookUp(start, path, false, false);
    if (node === undefined) throw new WasiError(ERRNO.NOENT);
    if (node instanceof DirectoryNode) throw new WasiError(ERRNO.ISDIR);
    if (requiresDirectory) throw new WasiError(ERRNO.NOTDIR);
    parent.checkWritable();
    this.#drop(parent, name, node);
  }

  removeDirectory(start: PathStart, path: string): void {
    const { parent, name, node } = this.#lookUp(start, path, false, false);
    if (node === undefined) throw new WasiError(ERRNO.NOENT);
    if (!(node instanceof DirectoryNode)) throw new WasiError(ERRNO.NOTDIR);
    if (name === '') throw new WasiError(ERRNO.INVAL);
    parent.checkWritable();
    if (node.entries.size > 0) throw new WasiError(ERRNO.NOTEMPTY);
    this.#drop(parent, name, node);
  }

  rename(from: PathStart, oldPath: string, to: PathStart, newPath: string): void {
    const old = this.#lookUp(from, oldPath, false, false);
    const { node } = old;
    if (node === undefined) throw new WasiError(ERRNO.NOENT);
    const target = this.#lookUp(to, newPath, false, true);
    if (old.name === '' || target.name === '') throw new WasiError(ERRNO.BUSY);
    const isDirectory = node instanceof DirectoryNode;
    if ((old.requiresDirectory || target.requiresDirectory) && !isDirectory)
      throw new WasiError(ERRNO.NOTDIR);
    old.parent.checkWritable();
    target.parent.checkWritable();
    if (target.node === node) return;
    if (isDirectory && node.contains(target.parent)) throw new WasiError(ERRNO.INVAL);
    if (target.node !== undefined) {
      checkReplaceable(isDirectory, target.node);
      this.#drop(target.parent, target.name, target.node);
    }
    old.parent.remove(old.name);
    target.parent.put(target.name, node);
  }

  #create({ parent, name, requiresDirectory }: LookupResult, oflags: number): Inode {
    if (!has(oflags, OFLAGS.CREAT)) throw new WasiError(ERRNO.NOENT);
    if (requiresDirectory) throw new WasiError(ERRNO.ISDIR);
    if (has(oflags, OFLAGS.DIRECTORY)) throw new WasiError(ERRNO.INVAL);
    parent.checkWritable();
    const made = new FileNode();
    parent.put(name, made);
    return made;
  }

  #drop(parent: DirectoryNode, name: string, node: Inode): void {
    parent.remove(name);
    node.links -= 1;
    if (node instanceof DirectoryNode) node.isRemoved = true;
  }

  /** `willCreate`: the path may be created, so it resolves to a directory where that is possible. */
  #lookUp(
    { directory, fallback }: PathStart,
    path: string,
    follow: boolean,
    willCreate: boolean,
  ): LookupResult {
    const at = (start: DirectoryNode): LookupResult => lookUpPath(this.root, start, path, follow);
    if (fallback === undefined || path.startsWith('/')) return at(directory);
    // There is nothing above the root, so such a path is relative to the second directory.
    if (escapesStart(path)) return at(fallback);
    const first = tryLookup(() => at(directory));
    if (first.result?.node !== undefined) return first.result;
    // A new node is created in the first directory that is writable.
    if (willCreate && first.result?.parent.isReadOnly === false) return first.result;
    const second = tryLookup(() => at(fallback));
    if (second.result?.node !== undefined) return second.result;
    if (willCreate && second.result !== undefined) return second.result;
    if (first.result === undefined) throw first.error;
    return first.result;
  }
}

type LookupAttempt =
  { readonly result: LookupResult } | { readonly result: undefined; readonly error: WasiError };

/** Resolves a path, or returns the error where a part of it does not exist. */
function tryLookup(resolve: () => LookupResult): LookupAttempt {
  try {
    return { result: resolve() };
  } catch (error) {
    const isMissing =
      error instanceof WasiError && (error.errno === ERRNO.NOENT || error.errno === ERRNO.NOTDIR);
    if (isMissing) return { result: undefined, error };
    throw error;
  }
}

function checkReplaceable(isDirectory: boolean, there: Inode): void {
  if (isDirectory && !(there instanceof DirectoryNode)) throw new WasiError(ERRNO.NOTDIR);
  if (!isDirectory && there instanceof DirectoryNode) throw new WasiError(ERRNO.ISDIR);
  if (there instanceof DirectoryNode && there.entries.size > 0) throw new WasiError(ERRNO.NOTEMPTY);
}
