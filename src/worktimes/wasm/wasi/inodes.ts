/**
 * What is in the file system of a module: files, directories, symbolic links and devices.
 * @module
 */
import { ERRNO, FILETYPE, WasiError } from './constants.js';
import { FileBytes } from './file-bytes.js';

const NS_PER_MS = 1_000_000n;

/** Nanoseconds since 1970, by a clock of milliseconds. */
export function nowNs(): bigint {
  return BigInt(Date.now()) * NS_PER_MS;
}

let nextIno = 1n;

abstract class BaseInode {
  readonly ino = nextIno++;
  /** Nanoseconds since 1970: read, changed, and changed in any respect. */
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

  /** Its contents change now. */
  touch(): void {
    this.mtim = this.ctim = nowNs();
  }
}

/** A regular file. */
export class FileNode extends BaseInode {
  readonly filetype = FILETYPE.REGULAR_FILE;
  readonly isReadOnly: boolean;
  readonly bytes: FileBytes;

  /** `initial` is not copied until something is written, and never changed. */
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
  /** Set once it was removed: nothing can be made in it any more. */
  isRemoved = false;

  /** Without a parent it is the root, which is its own. */
  constructor(parent?: DirectoryNode, isReadOnly = false) {
    super();
    this.#parent = parent;
    this.isReadOnly = isReadOnly;
  }

  get parent(): DirectoryNode {
    return this.#parent ?? this;
  }

  /** Throws EROFS, or ENOENT where it was removed meanwhile. */
  checkWritable(): void {
    if (this.isReadOnly) throw new WasiError(ERRNO.ROFS);
    if (this.isRemoved) throw new WasiError(ERRNO.NOENT);
  }

  /** Puts an entry in, in the place of what has that name. */
  put(name: string, node: Inode): void {
    this.entries.set(name, node);
    if (node instanceof DirectoryNode) node.#parent = this;
    this.touch();
  }

  remove(name: string): void {
    this.entries.delete(name);
    this.touch();
  }

  /** Whether it is `other`, or somewhere above it. */
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

/** What the devices are; those of streams are the descriptors 0, 1 and 2 of whoever opens them. */
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
