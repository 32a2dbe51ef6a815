/**
 * The constants of WASI preview 1 that this implementation uses, and the error that carries an error number to the place
 * that returns it to the module.
 * @module
 */

export const ERRNO = {
  SUCCESS: 0,
  BADF: 8,
  BUSY: 10,
  EXIST: 20,
  FBIG: 22,
  ILSEQ: 25,
  INVAL: 28,
  ISDIR: 31,
  LOOP: 32,
  MFILE: 33,
  NAMETOOLONG: 37,
  NOENT: 44,
  NOSYS: 52,
  NOTDIR: 54,
  NOTEMPTY: 55,
  NOTSUP: 58,
  PERM: 63,
  ROFS: 69,
  SPIPE: 70,
  XDEV: 75,
  NOTCAPABLE: 76,
} as const;

export type Errno = (typeof ERRNO)[keyof typeof ERRNO];

export const FILETYPE = {
  /** Also for pipes, as in other hosts: WASI has no type for them. */
  UNKNOWN: 0,
  CHARACTER_DEVICE: 2,
  DIRECTORY: 3,
  REGULAR_FILE: 4,
  SYMBOLIC_LINK: 7,
} as const;

export const FDFLAGS = { APPEND: 1, ALL: 0x1f } as const;
export const OFLAGS = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 } as const;
export const FSTFLAGS = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 } as const;
export const WHENCE = { SET: 0, CUR: 1, END: 2 } as const;
export const LOOKUP_SYMLINK_FOLLOW = 1;
export const CLOCK = { REALTIME: 0, MONOTONIC: 1, PROCESS_CPU: 2, THREAD_CPU: 3 } as const;
export const EVENTTYPE_CLOCK = 0;
export const SUBCLOCKFLAGS_ABSTIME = 1;

const FD_READ = 1n << 1n;
const FD_SEEK = 1n << 2n;
const FD_TELL = 1n << 5n;
const FD_WRITE = 1n << 6n;
const FD_ALLOCATE = 1n << 8n;
const FD_READDIR = 1n << 14n;
const FD_SET_SIZE = 1n << 22n;
const POLL = 1n << 27n;

/** Rights of a descriptor. C libraries derive from these the mode of an open file and the result of `access`. */
export const RIGHTS = {
  FD_READ,
  FD_SEEK,
  FD_TELL,
  FD_WRITE,
  FD_ALLOCATE,
  FD_SET_SIZE,
  /** A regular file that may be read and written. */
  FILE: 0b1110_0000_0000_0000_0001_1111_1111n | POLL,
  /** A directory: all rights that concern paths. */
  DIRECTORY: 0b0111_0011_1111_1111_1110_0001_1001n | FD_READDIR,
  /** All rights, for files opened in a directory. */
  ALL: 0b1111_1111_1111_1111_1111_1111_1111n,
} as const;

/** Fails a call with an error number for the module. All other errors end the slice. */
export class WasiError extends Error {
  override readonly name = 'WasiError';
  readonly errno: Errno;

  constructor(errno: Errno) {
    super(`WASI error number ${errno}`);
    this.errno = errno;
  }
}
