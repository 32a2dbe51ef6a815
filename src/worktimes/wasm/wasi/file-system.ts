/**
 * What modules do with paths: open, make, rename, link and remove, as POSIX says it. There is one tree; parts of it are
 * read only. What fails throws a `WasiError`.
 * @module
 */
import { ERRNO, OFLAGS, WasiError } from './constants.js';
import { DirectoryNode, FileNode, SymlinkNode, type Inode } from './inodes.js';
import { leavesStart, resolvePlace, type Place } from './paths.js';

/** What a path begins at: a directory, and where else to look for what is not there. */
export interface PathStart {
  readonly directory: DirectoryNode;
  /**
   * C libraries of WASI hand in `/x` and `x` alike, as `x` in the directory whose name is `/`: what is not there may be
   * meant from this directory.
   */
  readonly elsewhere?: DirectoryNode | undefined;
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

  /** What is there. */
  find(start: PathStart, path: string, follow: boolean): Inode {
    const { node, wantsDirectory } = this.#place(start, path, follow, false);
    if (node === undefined) throw new WasiError(ERRNO.NOENT);
    if (wantsDirectory && !(node instanceof DirectoryNode)) throw new WasiError(ERRNO.NOTDIR);
    return node;
  }

  /** What is to be opened, made where `OFLAGS.CREAT` asks for it. */
  open(start: PathStart, path: string, { oflags, follow, isWriting }: OpenHow): Inode {
    const isExclusive = has(oflags, OFLAGS.CREAT) && has(oflags, OFLAGS.EXCL);
    const place = this.#place(start, path, follow && !isExclusive, has(oflags, OFLAGS.CREAT));
    const { node, wantsDirectory } = place;
    if (node === undefined) return this.#create(place, oflags);
    if (isExclusive) throw new WasiError(ERRNO.EXIST);
    if (node instanceof SymlinkNode) throw new WasiError(ERRNO.LOOP);
    if (node instanceof DirectoryNode) {
      if (isWriting && !has(oflags, OFLAGS.DIRECTORY)) throw new WasiError(ERRNO.ISDIR);
      if (has(oflags, OFLAGS.TRUNC)) throw new WasiError(ERRNO.ISDIR);
      return node;
    }
    if (has(oflags, OFLAGS.DIRECTORY) || wantsDirectory) throw new WasiError(ERRNO.NOTDIR);
    if (!(node instanceof FileNode)) return node;
    if (node.isReadOnly && (isWriting || has(oflags, OFLAGS.TRUNC))) throw new WasiError(ERRNO.ROFS);
    if (has(oflags, OFLAGS.TRUNC)) {
      node.bytes.resize(0);
      node.touch();
    }
    return node;
  }

  makeDirectory(start: PathStart, path: string): void {
    const { parent, name, node } = this.#place(start, path, false, true);
    if (node !== undefined) throw new WasiError(ERRNO.EXIST);
    parent.checkWritable();
    parent.put(name, new DirectoryNode(parent));
  }

  makeSymlink(target: string, start: PathStart, path: string): void {
    const { parent, name, node, wantsDirectory } = this.#place(start, path, false, true);
    if (node !== undefined) throw new WasiError(ERRNO.EXIST);
    if (wantsDirectory || target === '') throw new WasiError(ERRNO.NOENT);
    parent.checkWritable();
    parent.put(name, new SymlinkNode(target));
  }

  link(from: PathStart, oldPath: string, follow: boolean, to: PathStart, newPath: string): void {
    const node = this.find(from, oldPath, follow);
    if (node instanceof DirectoryNode) throw new WasiError(ERRNO.PERM);
    const { parent, name, node: there, wantsDirectory } = this.#place(to, newPath, false, true);
    if (there !== undefined) throw new WasiError(ERRNO.EXIST);
    if (wantsDirectory) throw new WasiError(ERRNO.NOENT);
    parent.checkWritable();
    // What is read only is of another file system.
    if (node instanceof FileNode && node.isReadOnly) throw new WasiError(ERRNO.XDEV);
    node.links += 1;
    parent.put(name, node);
  }

  unlink(start: PathStart, path: string): void {
    const { parent, name, node, wantsDirectory } = this.#place(start, path, false, false);
    if (node === undefined) throw new WasiError(ERRNO.NOENT);
    if (node instanceof DirectoryNode) throw new WasiError(ERRNO.ISDIR);
    if (wantsDirectory) throw new WasiError(ERRNO.NOTDIR);
    parent.checkWritable();
    this.#drop(parent, name, node);
  }

  removeDirectory(start: PathStart, path: string): void {
    const { parent, name, node } = this.#place(start, path, false, false);
    if (node === undefined) throw new WasiError(ERRNO.NOENT);
    if (!(node instanceof DirectoryNode)) throw new WasiError(ERRNO.NOTDIR);
    if (name === '') throw new WasiError(ERRNO.INVAL);
    parent.checkWritable();
    if (node.entries.size > 0) throw new WasiError(ERRNO.NOTEMPTY);
    this.#drop(parent, name, node);
  }

  rename(from: PathStart, oldPath: string, to: PathStart, newPath: string): void {
    const old = this.#place(from, oldPath, false, false);
    const { node } = old;
    if (node === undefined) throw new WasiError(ERRNO.NOENT);
    const place = this.#place(to, newPath, false, true);
    if (old.name === '' || place.name === '') throw new WasiError(ERRNO.BUSY);
    const isDirectory = node instanceof DirectoryNode;
    if ((old.wantsDirectory || place.wantsDirectory) && !isDirectory) throw new WasiError(ERRNO.NOTDIR);
    old.parent.checkWritable();
    place.parent.checkWritable();
    if (place.node === node) return;
    if (isDirectory && node.contains(place.parent)) throw new WasiError(ERRNO.INVAL);
    if (place.node !== undefined) {
      checkReplaceable(isDirectory, place.node);
      this.#drop(place.parent, place.name, place.node);
    }
    old.parent.remove(old.name);
    place.parent.put(place.name, node);
  }

  #create({ parent, name, wantsDirectory }: Place, oflags: number): Inode {
    if (!has(oflags, OFLAGS.CREAT)) throw new WasiError(ERRNO.NOENT);
    if (wantsDirectory) throw new WasiError(ERRNO.ISDIR);
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

  /** `isToMake`: what is not there may be made, so that its directory decides where. */
  #place({ directory, elsewhere }: PathStart, path: string, follow: boolean, isToMake: boolean): Place {
    const at = (start: DirectoryNode): Place => resolvePlace(this.root, start, path, follow);
    if (elsewhere === undefined || path.startsWith('/')) return at(directory);
    // Nothing is above the root: such a path is meant from elsewhere.
    if (leavesStart(path)) return at(elsewhere);
    const here = tryPlace(() => at(directory));
    if (here.place?.node !== undefined) return here.place;
    // What is made goes where it can be made.
    if (isToMake && here.place?.parent.isReadOnly === false) return here.place;
    const there = tryPlace(() => at(elsewhere));
    if (there.place?.node !== undefined) return there.place;
    if (isToMake && there.place !== undefined) return there.place;
    if (here.place === undefined) throw here.error;
    return here.place;
  }
}

type Tried = { readonly place: Place } | { readonly place: undefined; readonly error: WasiError };

/** Where the path leads, or the error of what is missing on the way. */
function tryPlace(resolve: () => Place): Tried {
  try {
    return { place: resolve() };
  } catch (error) {
    const isMissing =
      error instanceof WasiError && (error.errno === ERRNO.NOENT || error.errno === ERRNO.NOTDIR);
    if (isMissing) return { place: undefined, error };
    throw error;
  }
}

function checkReplaceable(isDirectory: boolean, there: Inode): void {
  if (isDirectory && !(there instanceof DirectoryNode)) throw new WasiError(ERRNO.NOTDIR);
  if (!isDirectory && there instanceof DirectoryNode) throw new WasiError(ERRNO.ISDIR);
  if (there instanceof DirectoryNode && there.entries.size > 0) throw new WasiError(ERRNO.NOTEMPTY);
}
