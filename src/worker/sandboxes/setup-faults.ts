/**
 * Who is charged for an error in setting up a sandbox or obtaining an input: the job, or this worker.
 * @module
 */
import { isError } from '../../lib/errors.js';
import type { ErrorCode } from '../../lib/errors.js';
import type { SetupFault } from '../core/events.js';

/** Errors that the job caused; all others are caused by this machine or its network. */
const JOB_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ASSIGN_FAILED',
  'BLOB_UNKNOWN',
  'BLOB_MISMATCH',
  'PACKAGE_MALFORMED',
  'FETCH_FAILED',
  'ORIGIN_NOT_ALLOWED',
]);

export function faultOf(error: unknown): SetupFault {
  return isError(error) && JOB_FAULTS.has(error.code) ? 'job' : 'worker';
}

/** The text of an error for the owner of the job. */
export function messageOf(error: unknown): string {
  if (isError(error)) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
