/**
 * What it means when the database itself does not take a commit: locked by another program, no room on the disk, or a
 * disk that fails. Nothing of such a commit is there, so that it may be made again as it is.
 * @module
 */
import { isError, ManyhandsError, type ErrorCode } from '../../../lib/errors.js';

/** Codes of a store that takes nothing at the moment; each may go away by itself or by its operator. */
export const STORE_FAILURES = ['STORE_BUSY', 'STORE_FULL', 'STORE_FAILED'] as const;
export type StoreFailureCode = (typeof STORE_FAILURES)[number];

/** Whether that error is of a store that takes nothing at the moment. */
export function isStoreFailure(error: unknown): error is ManyhandsError<StoreFailureCode> {
  return isError(error) && (STORE_FAILURES as readonly ErrorCode[]).includes(error.code);
}

const TEXT: Record<StoreFailureCode, string> = {
  STORE_BUSY: "another program holds the scheduler's database: try again in a moment",
  STORE_FULL: "the scheduler's disk is full: try again when its operator has made room",
  STORE_FAILED: "the scheduler's disk cannot be read or written: its operator finds the reason in its log",
};

/** By the beginning of SQLite's own name for it. */
const CODES: readonly [prefix: string, code: StoreFailureCode][] = [
  ['SQLITE_BUSY', 'STORE_BUSY'],
  ['SQLITE_LOCKED', 'STORE_BUSY'],
  ['SQLITE_PROTOCOL', 'STORE_BUSY'],
  ['SQLITE_FULL', 'STORE_FULL'],
  ['SQLITE_IOERR', 'STORE_FAILED'],
  ['SQLITE_CORRUPT', 'STORE_FAILED'],
  ['SQLITE_NOTADB', 'STORE_FAILED'],
  ['SQLITE_READONLY', 'STORE_FAILED'],
  ['SQLITE_CANTOPEN', 'STORE_FAILED'],
  ['SQLITE_PERM', 'STORE_FAILED'],
  ['SQLITE_NOMEM', 'STORE_FAILED'],
];

/** The coded error for what the database or the file system threw; undefined where the fault is not theirs. */
export function storeFailure(cause: unknown): ManyhandsError<StoreFailureCode> | undefined {
  if (isStoreFailure(cause)) return cause;
  if (!(cause instanceof Error) || isError(cause)) return undefined;
  const { code } = cause as { code?: unknown };
  if (typeof code !== 'string') return undefined;
  const found = isNoRoom(code) ? 'STORE_FULL' : CODES.find(([prefix]) => code.startsWith(prefix))?.[1];
  if (found === undefined) return undefined;
  return new ManyhandsError(found, TEXT[found], { reason: `${code}: ${cause.message}` }, { cause });
}

/** Whether a system's error code says that there is no room. */
export const isNoRoom = (code: unknown): boolean => code === 'ENOSPC' || code === 'EDQUOT';

/** The error of a disk that is as good as full, before anything is written to it. */
export function noRoom(freeBytes: number): ManyhandsError<'STORE_FULL'> {
  return new ManyhandsError('STORE_FULL', TEXT.STORE_FULL, { reason: `${freeBytes} bytes are free` });
}
