/**
 * The public status of a job, with a JSON form: amounts are bigints, which JSON cannot represent.
 * @module
 */
import type { JobStatus, RunStatus } from '../../protocol/messages/messages.js';

export interface JobStatusInfo {
  /** `new` until the scheduler has accepted the job. */
  runStatus: RunStatus | 'new';
  /** Number of slices. */
  total: number;
  /** Slices that are leased to workers or finished. */
  distributed: number;
  /** Finished slices: with a result, or failed permanently. */
  computed: number;
  /** Finished slices that failed permanently; `computed` includes them. */
  failed: number;
  /** Of these, slices that their owner cancelled; absent for none. */
  cancelled?: number;
  /** Number of workers that compute for the job. */
  workers: number;
  /** Amount paid so far, units (1 credit = 10^9 units); in JSON a decimal string. */
  paid: bigint;
  /** Why the job is paused or cancelled; absent otherwise. */
  reason?: string;
}

/** Converts a status of the protocol to the public form. */
export function toRemoteStatus(found: JobStatus): RemoteStatus {
  const { jobId, open, reason } = found;
  return withJsonForm({ jobId, open, ...toStatusInfo(found), ...(reason === undefined ? {} : { reason }) });
}

/** The status of a job at the scheduler. */
export interface RemoteStatus extends JobStatusInfo {
  jobId: string;
  /** Whether slices may still be added. */
  open: boolean;
  /** Why the job is paused or cancelled. */
  reason?: string;
}

/**
 * Adds a `toJSON` method to an object, which writes bigints as decimal strings. The method is not enumerable, so that
 * copies, comparisons and `console.log` see the fields only.
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

/** The counts of a job from a status of the protocol. */
export function toStatusInfo(status: JobStatus): JobStatusInfo {
  const { total, leased, accepted, failed, runStatus, workers, paid, cancelled, reason } = status;
  const computed = accepted + failed;
  return withJsonForm({
    ...{ runStatus, total, distributed: leased + computed, computed, failed, workers, paid },
    ...(cancelled === undefined ? {} : { cancelled }),
    ...(reason === undefined ? {} : { reason }),
  });
}
