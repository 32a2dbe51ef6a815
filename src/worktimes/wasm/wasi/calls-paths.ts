/**
 * The functions of WASI preview 1 that take a path (`path_*`).
 * @module
 */
import { ERRNO, FDFLAGS, LOOKUP_SYMLINK_FOLLOW, RIGHTS, WasiError } from './constants.js';
import { timesOf, writeFilestat, type WasiCalls } from './calls-descriptors.js';
import { applyTimes, type OpenDirectory } from './descriptors.js';
import type { GuestMemory } from './guest-memory.js';
import { SymlinkNode } from './inodes.js';
import { decodePath } from './path-lookup.js';
import type { WasiProcess } from './process.js';

export function pathCalls(process: WasiProcess, memory: GuestMemory): WasiCalls {
  const { files } = process;
  const text = (pointer: number, length: number): string => decodePath(memory.bytes(pointer, length));
  const at = (fd: number): OpenDirectory => process.directory(fd);
  const follows = (flags: number): boolean => (flags & LOOKUP_SYMLINK_FOLLOW) !== 0;
  return {
    path_create_directory: (fd: number, path: number, length: number) =>
      files.makeDirectory(at(fd), text(path, length)),
    path_filestat_get: (fd: number, flags: number, path: number, length: number, target: number) =>
      writeFilestat(memory, target, files.find(at(fd), text(path, length), follows(flags))),
    path_filestat_set_times: (
      fd: number,
      flags: number,
      path: number,
      length: number,
      atim: bigint,
      mtim: bigint,
      times: number,
    ) => {
      const node = files.find(at(fd), text(path, length), follows(flags));
      applyTimes(node, timesOf(atim, mtim, times));
    },
    path_link: (
      fd: number,
      flags: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ) => files.link(at(fd), text(path, length), follows(flags), at(newFd), text(newPath, newLength)),
    path_readlink: (
      fd: number,
      path: number,
      length: number,
      target: number,
      room: number,
      result: number,
    ) => {
      const node = files.find(at(fd), text(path, length), false);
      if (!(node instanceof SymlinkNode)) throw new WasiError(ERRNO.INVAL);
      const bytes = new TextEncoder().encode(node.target);
      const count = Math.min(bytes.length, room >>> 0);
      memory.bytes(target, count).set(bytes.subarray(0, count));
      memory.setU32(result, count);
    },
    path_remove_directory: (fd: number, path: number, length: number) =>
      files.removeDirectory(at(fd), text(path, length)),
    path_rename: (
      fd: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ) => files.rename(at(fd), text(path, length), at(newFd), text(newPath, newLength)),
    path_symlink: (target: number, targetLength: number, fd: number, path: number, length: number) =>
      files.makeSymlink(text(target, targetLength), at(fd), text(path, length)),
    path_unlink_file: (fd: number, path: number, length: number) => files.unlink(at(fd), text(path, length)),
    path_open: openCall(process, memory),
  };
}

function openCall(process: WasiProcess, memory: GuestMemory): WasiCalls[string] {
  return (
    fd: number,
    lookup: number,
    path: number,
    length: number,
    oflags: number,
    rights: bigint,
    inheriting: bigint,
    flags: number,
    result: number,
  ) => {
    const opened = process.open(process.directory(fd), decodePath(memory.bytes(path, length)), {
      oflags,
      follow: (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0,
      isReading: (rights & RIGHTS.FD_READ) !== 0n,
      isWriting: (rights & RIGHTS.FD_WRITE) !== 0n,
      flags: flags & FDFLAGS.ALL,
      inheriting: BigInt.asUintN(64, inheriting),
    });
    memory.setU32(result, opened);
  };
}
