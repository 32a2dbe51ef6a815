/**
 * Nodes of a module's file system: files, directories, symbolic links and devices.
 * @module
 */
import { ERRNO, FILETYPE, WasiError } from './constants.js';
import { FileBytes } from './file-bytes.js';

const NS_PER_MS = 1_000_000n;

/** The current time in nanoseconds since 1970, with a resolution of milliseconds. */
export function nowNs(): bigint {
  return BigInt(Date.now()) * NS_PER_MS;
}

let nextIno = 1n;

abstract class BaseInode {
  readonly ino = nextIno++;
  /** Times of access, of the last write and of the last change of metadata, nanoseconds since 1970. */
  atim: bigint;
  mtim: bigint;
  ctim: bigint;
  links = 1;
  abstract readonly filetype: number;

  constructor() {
    this.atim = this.mtim = this.ctim = nowNs();
  }

  /** Bytes. */
  get size(): number {
    return 0;
  }

  /** Sets the times of a write to now. */
  touch(): void {
    this.mtim = this.ctim = nowNs();
  }
}

/** A regular file. */
export class FileNode extends BaseInode {
  readonly filetype = FILETYPE.REGULAR_FILE;
  readonly isReadOnly: boolean;
  readonly bytes: FileBytes;

  /** `initial` is copied on the first write, and never changed. */
  constructor(initial?: Uint8Array, isReadOnly = false) {
    super();
    this.bytes = new FileBytes(initial);
    this.isReadOnly = isReadOnly;
  }

  override get size(): number {
    return this.bytes.size;
  }
}

export class DirectoryNode extends BaseInode {
  readonly filetype = FILETYPE.DIRECTORY;
  readonly isReadOnly: boolean;
  readonly entries = new Map<string, Inode>();
  #parent: DirectoryNode | undefined;
  /** Set when it is removed: nothing can be created in it any more. */
  isRemoved = false;

  /** Without a parent it is the root, which is its own parent. */
  constructor(parent?: DirectoryNode, isReadOnly = false) {
    super();
    this.#parent = parent;
    this.isReadOnly = isReadOnly;
  }

  get parent(): DirectoryNode {
    return this.#parent ?? this;
  }

  /** @throws EROFS, or ENOENT where it was removed */
  checkWritable(): void {
    if (this.isReadOnly) throw new WasiError(ERRNO.ROFS);
    if (this.isRemoved) throw new WasiError(ERRNO.NOENT);
  }

  /** Sets an entry; replaces one of the same name. */
  put(name: string, node: Inode): void {
    this.entries.set(name, node);
    if (node instanceof DirectoryNode) node.#parent = this;
    this.touch();
  }

  remove(name: string): void {
    this.entries.delete(name);
    this.touch();
  }

  /** Whether it is `other` or an ancestor of it. */
  contains(other: DirectoryNode): boolean {
    for (let at = other; ; at = at.parent) {
      if (at === this) return true;
      if (at === at.parent) return false;
    }
  }
}

export class SymlinkNode extends BaseInode {
  readonly filetype = FILETYPE.SYMBOLIC_LINK;
  readonly target: string;

  constructor(target: string) {
    super();
    this.target = target;
  }

  override get size(): number {
    return new TextEncoder().encode(this.target).length;
  }
}

/** Kinds of devices; stdin, stdout and stderr open as the descriptors 0, 1 and 2 of the process. */
export type DeviceKind = 'null' | 'zero' | 'random' | 'stdin' | 'stdout' | 'stderr';

export class DeviceNode extends BaseInode {
  readonly filetype = FILETYPE.CHARACTER_DEVICE;
  readonly kind: DeviceKind;

  constructor(kind: DeviceKind) {
    super();
    this.kind = kind;
  }
}

export type Inode = FileNode | DirectoryNode | SymlinkNode | DeviceNode;
