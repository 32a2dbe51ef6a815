/**
 * Which of SQLite's errors say that it accepts no commits now.
 * @module
 */
import type { ManyhandsError } from '../../../lib/errors.js';
import { storeFailure, type FailureCodes, type StoreFailureCode } from '../port/store-failure.js';

/** By prefix of the result code. */
const CODES: FailureCodes = [
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

/** The coded error for an error of SQLite or the file system; undefined for any other. */
export const sqliteFailure = (cause: unknown): ManyhandsError<StoreFailureCode> | undefined =>
  storeFailure(cause, CODES);
