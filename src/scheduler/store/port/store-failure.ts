/**
 * Classifies failures of the database itself: locked by another program, disk full, or disk failure. A commit that fails for
 * one of these reasons is rolled back, so it can be repeated unchanged.
 * @module
 */
import { isError, ManyhandsError, type ErrorCode } from '../../../lib/errors.js';

/** Codes of a store that accepts no commits now; each may be resolved by waiting or by the operator. */
export const STORE_FAILURES = ['STORE_BUSY', 'STORE_FULL', 'STORE_FAILED'] as const;
export type StoreFailureCode = (typeof STORE_FAILURES)[number];

/** Whether the error says that the store accepts no commits now. */
export function isStoreFailure(error: unknown): error is ManyhandsError<StoreFailureCode> {
  return isError(error) && (STORE_FAILURES as readonly ErrorCode[]).includes(error.code);
}

const TEXT: Record<StoreFailureCode, string> = {
  STORE_BUSY: "another program holds the scheduler's database: try again in a moment",
  STORE_FULL: "the scheduler's disk is full: try again when its operator has made room",
  STORE_FAILED: "the scheduler's disk cannot be read or written: its operator finds the reason in its log",
};

/** The failures of a database by the prefix of its error codes. */
export type FailureCodes = readonly (readonly [prefix: string, code: StoreFailureCode])[];

/**
 * The coded error for an error of the file system, or of a database with those codes; undefined for any other.
 * @param codes of the database. @default none
 */
export function storeFailure(
  cause: unknown,
  codes: FailureCodes = [],
): ManyhandsError<StoreFailureCode> | undefined {
  if (isStoreFailure(cause)) return cause;
  if (!(cause instanceof Error) || isError(cause)) return undefined;
  const { code } = cause as { code?: unknown };
  if (typeof code !== 'string') return undefined;
  const found = isDiskFull(code) ? 'STORE_FULL' : codes.find(([prefix]) => code.startsWith(prefix))?.[1];
  if (found === undefined) return undefined;
  return new ManyhandsError(found, TEXT[found], { reason: `${code}: ${cause.message}` }, { cause });
}

/** Whether a system error code means that the disk or quota is full. */
const isDiskFull = (code: unknown): boolean => code === 'ENOSPC' || code === 'EDQUOT';

/** The error for a disk with too little free space, before anything is written to it. */
export function diskFullError(freeBytes: number): ManyhandsError<'STORE_FULL'> {
  return new ManyhandsError('STORE_FULL', TEXT.STORE_FULL, { reason: `${freeBytes} bytes are free` });
}
