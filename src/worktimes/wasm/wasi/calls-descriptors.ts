/**
 * The functions of WASI preview 1 that take a descriptor (`fd_*`).
 * @module
 */
import { ERRNO, FDFLAGS, FSTFLAGS, WasiError } from './constants.js';
import type { Descriptor, Stat } from './descriptors.js';
import type { GuestMemory } from './guest-memory.js';
import { nowNs } from './inodes.js';
import type { WasiProcess } from './process.js';

/** A function of WASI. Its return value is ignored; it throws a `WasiError` where it fails. */
export type WasiCall = (...args: never[]) => void;
export type WasiCalls = Record<string, WasiCall>;

const DIRENT_BYTES = 24;

export function descriptorCalls(process: WasiProcess, memory: GuestMemory): WasiCalls {
  const at = (fd: number): Descriptor => process.descriptor(fd);
  return {
    fd_advise: (fd: number) => void at(fd),
    fd_allocate: (fd: number, offset: bigint, length: bigint) => allocate(at(fd), offset, length),
    fd_close: (fd: number) => process.close(fd),
    fd_datasync: (fd: number) => void at(fd),
    fd_sync: (fd: number) => void at(fd),
    fd_fdstat_get: (fd: number, target: number) => writeFdstat(memory, target, at(fd)),
    fd_fdstat_set_flags: (fd: number, flags: number) => {
      at(fd).flags = flags & FDFLAGS.ALL;
    },
    fd_fdstat_set_rights: (fd: number, rights: bigint, inheriting: bigint) =>
      at(fd).narrowRights(unsigned(rights), unsigned(inheriting)),
    fd_filestat_get: (fd: number, target: number) => writeFilestat(memory, target, at(fd).stat()),
    fd_filestat_set_size: (fd: number, size: bigint) => at(fd).resize(toSize(size)),
    fd_filestat_set_times: (fd: number, atim: bigint, mtim: bigint, flags: number) =>
      at(fd).setTimes(timesOf(atim, mtim, flags)),
    fd_prestat_get: (fd: number, target: number) => {
      memory.setU32(target, 0);
      memory.setU32(target + 4, preopenName(at(fd)).length);
    },
    fd_prestat_dir_name: (fd: number, target: number, length: number) => {
      const name = preopenName(at(fd));
      if (name.length > length >>> 0) throw new WasiError(ERRNO.NAMETOOLONG);
      memory.bytes(target, name.length).set(name);
    },
    fd_readdir: (fd: number, target: number, length: number, cookie: bigint, used: number) =>
      memory.setU32(used, readDirectory(process, fd, memory.bytes(target, length), cookie)),
    fd_renumber: (fd: number, to: number) => process.renumber(fd, to),
    fd_seek: (fd: number, offset: bigint, whence: number, target: number) =>
      memory.setU64(target, BigInt(at(fd).seek(Number(offset), whence))),
    fd_tell: (fd: number, target: number) => memory.setU64(target, BigInt(at(fd).seek(0, 1))),
    ...transferCalls(at, memory),
  };
}

/** The calls that read and write. */
function transferCalls(at: (fd: number) => Descriptor, memory: GuestMemory): WasiCalls {
  const read = (pointer: number, count: number, piece: (target: Uint8Array) => number): number => {
    let total = 0;
    for (const target of memory.vectors(pointer, count)) {
      const got = piece(target);
      total += got;
      if (got < target.length) break;
    }
    return total;
  };
  const write = (pointer: number, count: number, piece: (data: Uint8Array) => void): number => {
    let total = 0;
    for (const data of memory.vectors(pointer, count)) {
      piece(data);
      total += data.length;
    }
    return total;
  };
  return {
    fd_read: (fd: number, pointer: number, count: number, result: number) => {
      const from = at(fd);
      memory.setU32(
        result,
        read(pointer, count, (target) => from.read(target)),
      );
    },
    fd_pread: (fd: number, pointer: number, count: number, offset: bigint, result: number) => {
      const from = at(fd);
      let position = toSize(offset);
      const piece = (target: Uint8Array): number => {
        const got = from.readAt(position, target);
        position += got;
        return got;
      };
      memory.setU32(result, read(pointer, count, piece));
    },
    fd_write: (fd: number, pointer: number, count: number, result: number) => {
      const to = at(fd);
      memory.setU32(
        result,
        write(pointer, count, (data) => to.write(data)),
      );
    },
    fd_pwrite: (fd: number, pointer: number, count: number, offset: bigint, result: number) => {
      const to = at(fd);
      let position = toSize(offset);
      const piece = (data: Uint8Array): void => {
        to.writeAt(position, data);
        position += data.length;
      };
      memory.setU32(result, write(pointer, count, piece));
    },
  };
}

export function writeFilestat(memory: GuestMemory, target: number, stat: Stat): void {
  memory.bytes(target, 64).fill(0);
  memory.setU64(target + 8, stat.ino);
  memory.setU8(target + 16, stat.filetype);
  memory.setU64(target + 24, BigInt(stat.links));
  memory.setU64(target + 32, BigInt(stat.size));
  memory.setU64(target + 40, stat.atim);
  memory.setU64(target + 48, stat.mtim);
  memory.setU64(target + 56, stat.ctim);
}

/** The times to set; undefined for those to keep. @throws EINVAL where both a time and the current time are requested */
export function timesOf(
  atim: bigint,
  mtim: bigint,
  flags: number,
): { atim: bigint | undefined; mtim: bigint | undefined } {
  const pick = (given: bigint, own: number, now: number): bigint | undefined => {
    if ((flags & own) !== 0 && (flags & now) !== 0) throw new WasiError(ERRNO.INVAL);
    if ((flags & now) !== 0) return nowNs();
    return (flags & own) !== 0 ? unsigned(given) : undefined;
  };
  return {
    atim: pick(atim, FSTFLAGS.ATIM, FSTFLAGS.ATIM_NOW),
    mtim: pick(mtim, FSTFLAGS.MTIM, FSTFLAGS.MTIM_NOW),
  };
}

function writeFdstat(memory: GuestMemory, target: number, one: Descriptor): void {
  memory.bytes(target, 24).fill(0);
  memory.setU8(target, one.filetype);
  memory.setU16(target + 2, one.flags);
  memory.setU64(target + 8, one.rights);
  memory.setU64(target + 16, one.inheriting);
}

function allocate(one: Descriptor, offset: bigint, length: bigint): void {
  const size = toSize(offset) + toSize(length);
  if (size > one.stat().size) one.resize(size);
}

function preopenName(one: Descriptor): Uint8Array {
  if (one.preopenName === undefined) throw new WasiError(ERRNO.BADF);
  return new TextEncoder().encode(one.preopenName);
}

/** Writes directory entries; returns the bytes written, which are all of `target` where it cannot hold all entries. */
function readDirectory(process: WasiProcess, fd: number, target: Uint8Array, cookie: bigint): number {
  const listed = process.directory(fd).list(cookie === 0n);
  const encoder = new TextEncoder();
  let used = 0;
  const first = cookie < 0n || cookie > BigInt(listed.length) ? listed.length : Number(cookie);
  for (let i = first; i < listed.length && used < target.length; i++) {
    const { name, ino, filetype } = listed[i]!;
    const encoded = encoder.encode(name);
    const record = new Uint8Array(DIRENT_BYTES + encoded.length);
    const view = new DataView(record.buffer);
    view.setBigUint64(0, BigInt(i + 1), true);
    view.setBigUint64(8, ino, true);
    view.setUint32(16, encoded.length, true);
    view.setUint8(20, filetype);
    record.set(encoded, DIRENT_BYTES);
    const room = Math.min(record.length, target.length - used);
    target.set(record.subarray(0, room), used);
    used += room;
  }
  return used;
}

/** A size or an offset, passed as a signed i64. @throws EINVAL where it is negative or over 2^53 */
function toSize(value: bigint): number {
  const size = Number(value);
  if (size < 0 || !Number.isSafeInteger(size)) throw new WasiError(ERRNO.INVAL);
  return size;
}

const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);
