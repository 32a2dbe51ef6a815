/**
 * What a module has open: files at a place, directories with what they list, and streams.
 * @module
 */
import { ERRNO, FDFLAGS, FILETYPE, RIGHTS, WasiError, WHENCE } from './constants.js';
import { nowNs, type DeviceNode, type DirectoryNode, type FileNode, type Inode } from './inodes.js';

/** Nodes and sizes as `fd_filestat_get` tells them. */
export interface Stat {
  readonly ino: bigint;
  readonly filetype: number;
  readonly links: number;
  readonly size: number;
  readonly atim: bigint;
  readonly mtim: bigint;
  readonly ctim: bigint;
}

/** Something open. What it cannot do throws a `WasiError`. */
export abstract class Descriptor {
  abstract readonly filetype: number;
  /** A set of `FDFLAGS`. */
  flags = 0;
  abstract rights: bigint;
  /** What is opened by way of it may be used for. */
  inheriting = 0n;
  /** Set where a module finds it open at its start, by this name. */
  readonly preopenName: string | undefined = undefined;

  abstract stat(): Stat;

  /** Reads into `target` from where it is at; says how many bytes, 0 at the end. */
  read(_target: Uint8Array): number {
    throw new WasiError(ERRNO.BADF);
  }

  /** Writes all of `data`, which is the module's memory: it is copied where it is kept. */
  write(_data: Uint8Array): void {
    throw new WasiError(ERRNO.BADF);
  }

  readAt(_at: number, _target: Uint8Array): number {
    throw new WasiError(ERRNO.SPIPE);
  }

  writeAt(_at: number, _data: Uint8Array): void {
    throw new WasiError(ERRNO.SPIPE);
  }

  /** The new place, in bytes from the start. */
  seek(_offset: number, _whence: number): number {
    throw new WasiError(ERRNO.SPIPE);
  }

  /** Makes it `size` bytes long. */
  resize(_size: number): void {
    throw new WasiError(ERRNO.INVAL);
  }

  setTimes(_times: { atim?: bigint | undefined; mtim?: bigint | undefined }): void {
    throw new WasiError(ERRNO.BADF);
  }

  /** Keeps of its rights those in `rights`. Throws ENOTCAPABLE where that would add some. */
  narrowRights(rights: bigint, inheriting: bigint): void {
    if ((rights & ~this.rights) !== 0n || (inheriting & ~this.inheriting) !== 0n) {
      throw new WasiError(ERRNO.NOTCAPABLE);
    }
    this.rights = rights;
    this.inheriting = inheriting;
  }
}

export interface OpenMode {
  readonly isReading: boolean;
  readonly isWriting: boolean;
  readonly flags: number;
}

export class OpenFile extends Descriptor {
  readonly filetype = FILETYPE.REGULAR_FILE;
  override rights: bigint;
  readonly #file: FileNode;
  #at = 0;

  constructor(file: FileNode, { isReading, isWriting, flags }: OpenMode) {
    super();
    this.#file = file;
    this.flags = flags;
    let rights = RIGHTS.FILE;
    if (!isReading) rights &= ~RIGHTS.FD_READ;
    if (!isWriting) rights &= ~(RIGHTS.FD_WRITE | RIGHTS.FD_ALLOCATE | RIGHTS.FD_SET_SIZE);
    this.rights = rights;
  }

  override stat(): Stat {
    return this.#file;
  }

  override read(target: Uint8Array): number {
    const count = this.readAt(this.#at, target);
    this.#at += count;
    return count;
  }

  override readAt(at: number, target: Uint8Array): number {
    this.#need(RIGHTS.FD_READ);
    return this.#file.bytes.read(at, target);
  }

  override write(data: Uint8Array): void {
    if ((this.flags & FDFLAGS.APPEND) !== 0) this.#at = this.#file.size;
    this.writeAt(this.#at, data);
    this.#at += data.length;
  }

  override writeAt(at: number, data: Uint8Array): void {
    this.#need(RIGHTS.FD_WRITE);
    this.#file.bytes.write(at, data);
    this.#file.touch();
  }

  override seek(offset: number, whence: number): number {
    const from = whence === WHENCE.SET ? 0 : whence === WHENCE.CUR ? this.#at : this.#file.size;
    const to = from + offset;
    if (whence > WHENCE.END || to < 0 || !Number.isSafeInteger(to)) throw new WasiError(ERRNO.INVAL);
    return (this.#at = to);
  }

  override resize(size: number): void {
    this.#need(RIGHTS.FD_WRITE);
    this.#file.bytes.resize(size);
    this.#file.touch();
  }

  override setTimes(times: { atim?: bigint | undefined; mtim?: bigint | undefined }): void {
    applyTimes(this.#file, times);
  }

  #need(right: bigint): void {
    if ((this.rights & right) === 0n) throw new WasiError(ERRNO.BADF);
  }
}

/** One line of what a directory lists. */
export interface Listed {
  readonly name: string;
  readonly ino: bigint;
  readonly filetype: number;
}

export class OpenDirectory extends Descriptor {
  readonly filetype = FILETYPE.DIRECTORY;
  override rights: bigint = RIGHTS.DIRECTORY;
  override inheriting: bigint = RIGHTS.ALL;
  override readonly preopenName: string | undefined;
  readonly directory: DirectoryNode;
  readonly elsewhere: DirectoryNode | undefined;
  #listed: readonly Listed[] | undefined;

  /** `preopen`: see `Descriptor.preopenName` and `PathStart.elsewhere`. */
  constructor(directory: DirectoryNode, preopen: { name?: string; elsewhere?: DirectoryNode } = {}) {
    super();
    this.directory = directory;
    this.preopenName = preopen.name;
    this.elsewhere = preopen.elsewhere;
  }

  override stat(): Stat {
    return this.directory;
  }

  /** What it holds, as it was when it was listed from its beginning last. */
  list(fromStart: boolean): readonly Listed[] {
    if (this.#listed !== undefined && !fromStart) return this.#listed;
    const { directory } = this;
    const own = [
      { name: '.', ino: directory.ino, filetype: directory.filetype },
      { name: '..', ino: directory.parent.ino, filetype: directory.filetype },
    ];
    const entries = Array.from(directory.entries, ([name, { ino, filetype }]) => ({ name, ino, filetype }));
    return (this.#listed = [...own, ...entries]);
  }

  override setTimes(times: { atim?: bigint | undefined; mtim?: bigint | undefined }): void {
    applyTimes(this.directory, times);
  }
}

/** `/dev/null`, `/dev/zero` and `/dev/urandom`. */
export class OpenDevice extends Descriptor {
  readonly filetype = FILETYPE.CHARACTER_DEVICE;
  // What can seek is no terminal to a C library.
  override rights: bigint = RIGHTS.FILE;
  readonly #device: DeviceNode;
  readonly #fillRandom: (target: Uint8Array) => void;

  constructor(device: DeviceNode, fillRandom: (target: Uint8Array) => void) {
    super();
    this.#device = device;
    this.#fillRandom = fillRandom;
  }

  override stat(): Stat {
    return this.#device;
  }

  override read(target: Uint8Array): number {
    if (this.#device.kind === 'null') return 0;
    if (this.#device.kind === 'zero') target.fill(0);
    else this.#fillRandom(target);
    return target.length;
  }

  override readAt(_at: number, target: Uint8Array): number {
    return this.read(target);
  }

  override write(): void {
    // Such a device takes everything and keeps nothing.
  }

  override writeAt(): void {
    // As above.
  }

  override seek(): number {
    return 0;
  }

  override resize(): void {
    // As above.
  }
}

/** Sets times of what is not read only. Throws EROFS. */
export function applyTimes(
  node: Inode,
  { atim, mtim }: { atim?: bigint | undefined; mtim?: bigint | undefined },
): void {
  if ('isReadOnly' in node && node.isReadOnly) throw new WasiError(ERRNO.ROFS);
  if (atim !== undefined) node.atim = atim;
  if (mtim !== undefined) node.mtim = mtim;
  node.ctim = nowNs();
}
