/**
 * A job in numbers as callers see it, with a JSON form: amounts of credits are big integers, which JSON does not have.
 * @module
 */
import type { JobStatus, RunStatus } from '../../protocol/messages/messages.js';

export interface JobStatusInfo {
  /** `new` until the scheduler has the job. */
  runStatus: RunStatus | 'new';
  /** Slices. */
  total: number;
  /** Slices that were given to workers or are finished. */
  distributed: number;
  /** Slices that are finished: with a result, or failed for good. */
  computed: number;
  /** Of them, those that failed for good. */
  failed: number;
  /** Workers at work on the job. */
  workers: number;
  /** Credits paid so far, in units of 10^-9; in JSON a decimal string. */
  paid: bigint;
  /** Why it is paused or cancelled; absent otherwise. */
  reason?: string;
}

/** A job as the scheduler tells of it, for people. */
export function remoteStatus(found: JobStatus): RemoteStatus {
  const { jobId, open, reason } = found;
  return withJsonForm({ jobId, open, ...toStatusInfo(found), ...(reason === undefined ? {} : { reason }) });
}

/** What the scheduler says of a job. */
export interface RemoteStatus extends JobStatusInfo {
  jobId: string;
  /** Whether slices may still be added. */
  open: boolean;
  /** Why it is cancelled or paused. */
  reason?: string;
}

/**
 * The same object, which `JSON.stringify` takes: its big integers become decimal strings there. The method is not
 * enumerable, so that copies, comparisons and `console.log` see the fields alone.
 */
export function withJsonForm<S extends object>(fields: S): S {
  const toJSON = (): unknown =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]: [string, unknown]) => [
        key,
        typeof value === 'bigint' ? String(value) : value,
      ]),
    );
  return Object.defineProperty(fields, 'toJSON', { value: toJSON, configurable: true, writable: true });
}

/** The numbers of a job that the scheduler reports. */
export function toStatusInfo(status: JobStatus): JobStatusInfo {
  const { total, leased, accepted, failed, runStatus, workers, paid, reason } = status;
  const computed = accepted + failed;
  const numbers = { runStatus, total, distributed: leased + computed, computed, failed, workers, paid };
  return withJsonForm(reason === undefined ? numbers : { ...numbers, reason });
}
