/**
 * Descriptors of a module: open files with a position, open directories with their listing, and streams.
 * @module
 */
import { ERRNO, FDFLAGS, FILETYPE, RIGHTS, WasiError, WHENCE } from './constants.js';
import { nowNs, type DeviceNode, type DirectoryNode, type FileNode, type Inode } from './inodes.js';

/** Metadata as `fd_filestat_get` returns it: sizes in bytes, times in nanoseconds since 1970. */
export interface Stat {
  readonly ino: bigint;
  readonly filetype: number;
  readonly links: number;
  readonly size: number;
  readonly atim: bigint;
  readonly mtim: bigint;
  readonly ctim: bigint;
}

/** A descriptor. A method that its kind does not support throws a `WasiError`. */
export abstract class Descriptor {
  abstract readonly filetype: number;
  /** `FDFLAGS`, combined by bitwise or. */
  flags = 0;
  /** `RIGHTS`, combined by bitwise or. */
  abstract rights: bigint;
  /** The rights of files opened in it. */
  inheriting = 0n;
  /** The name of a preopened directory. */
  readonly preopenName: string | undefined = undefined;

  abstract stat(): Stat;

  /** Reads into `target` from the current position; returns the bytes read, 0 at the end. */
  read(_target: Uint8Array): number {
    throw new WasiError(ERRNO.BADF);
  }

  /** Writes all of `data`, which is memory of the module: implementations that keep it must copy it. */
  write(_data: Uint8Array): void {
    throw new WasiError(ERRNO.BADF);
  }

  /** Like `read`, from byte `_at` of the file; the position does not change. */
  readAt(_at: number, _target: Uint8Array): number {
    throw new WasiError(ERRNO.SPIPE);
  }

  /** Like `write`, to byte `_at` of the file; the position does not change. */
  writeAt(_at: number, _data: Uint8Array): void {
    throw new WasiError(ERRNO.SPIPE);
  }

  /** Moves the position by `_offset` bytes from where `_whence` says (`WHENCE`); returns it, in bytes from the start. */
  seek(_offset: number, _whence: number): number {
    throw new WasiError(ERRNO.SPIPE);
  }

  /** Truncates or extends it to `size` bytes. */
  resize(_size: number): void {
    throw new WasiError(ERRNO.INVAL);
  }

  /** Sets times, in nanoseconds since 1970; one that is undefined does not change. */
  setTimes(_times: { atim?: bigint | undefined; mtim?: bigint | undefined }): void {
    throw new WasiError(ERRNO.BADF);
  }

  /** Replaces its rights by fewer. @throws ENOTCAPABLE where that would add rights */
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
  /** Bytes from the start of the file. */
  #position = 0;

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
    const count = this.readAt(this.#position, target);
    this.#position += count;
    return count;
  }

  override readAt(at: number, target: Uint8Array): number {
    this.#requireRight(RIGHTS.FD_READ);
    return this.#file.bytes.read(at, target);
  }

  override write(data: Uint8Array): void {
    if ((this.flags & FDFLAGS.APPEND) !== 0) this.#position = this.#file.size;
    this.writeAt(this.#position, data);
    this.#position += data.length;
  }

  override writeAt(at: number, data: Uint8Array): void {
    this.#requireRight(RIGHTS.FD_WRITE);
    this.#file.bytes.write(at, data);
    this.#file.touch();
  }

  override seek(offset: number, whence: number): number {
    const from = whence === WHENCE.SET ? 0 : whence === WHENCE.CUR ? this.#position : this.#file.size;
    const to = from + offset;
    if (whence > WHENCE.END || to < 0 || !Number.isSafeInteger(to)) throw new WasiError(ERRNO.INVAL);
    return (this.#position = to);
  }

  override resize(size: number): void {
    this.#requireRight(RIGHTS.FD_WRITE);
    this.#file.bytes.resize(size);
    this.#file.touch();
  }

  override setTimes(times: { atim?: bigint | undefined; mtim?: bigint | undefined }): void {
    applyTimes(this.#file, times);
  }

  #requireRight(right: bigint): void {
    if ((this.rights & right) === 0n) throw new WasiError(ERRNO.BADF);
  }
}

/** An entry of a directory listing. */
export interface DirectoryRecord {
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
  readonly fallback: DirectoryNode | undefined;
  #listing: readonly DirectoryRecord[] | undefined;

  /** `preopen`: see `Descriptor.preopenName` and `PathStart.fallback`. */
  constructor(directory: DirectoryNode, preopen: { name?: string; fallback?: DirectoryNode } = {}) {
    super();
    this.directory = directory;
    this.preopenName = preopen.name;
    this.fallback = preopen.fallback;
  }

  override stat(): Stat {
    return this.directory;
  }

  /** The entries as they were when the listing was last started from the beginning. */
  list(fromStart: boolean): readonly DirectoryRecord[] {
    if (this.#listing !== undefined && !fromStart) return this.#listing;
    const { directory } = this;
    const own = [
      { name: '.', ino: directory.ino, filetype: directory.filetype },
      { name: '..', ino: directory.parent.ino, filetype: directory.filetype },
    ];
    const entries = Array.from(directory.entries, ([name, { ino, filetype }]) => ({ name, ino, filetype }));
    return (this.#listing = [...own, ...entries]);
  }

  override setTimes(times: { atim?: bigint | undefined; mtim?: bigint | undefined }): void {
    applyTimes(this.directory, times);
  }
}

/** `/dev/null`, `/dev/zero` and `/dev/urandom`. */
export class OpenDevice extends Descriptor {
  readonly filetype = FILETYPE.CHARACTER_DEVICE;
  // A descriptor that can seek is not a terminal for C libraries.
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
    // Devices accept all writes and discard them.
  }

  override writeAt(): void {
    // Discarded, as in `write`.
  }

  override seek(): number {
    return 0;
  }

  override resize(): void {
    // A device has no size, so nothing changes.
  }
}

/** Sets times of a node, in nanoseconds since 1970; one that is undefined does not change. @throws EROFS where it is read only */
export function applyTimes(
  node: Inode,
  { atim, mtim }: { atim?: bigint | undefined; mtim?: bigint | undefined },
): void {
  if ('isReadOnly' in node && node.isReadOnly) throw new WasiError(ERRNO.ROFS);
  if (atim !== undefined) node.atim = atim;
  if (mtim !== undefined) node.mtim = mtim;
  node.ctim = nowNs();
}
