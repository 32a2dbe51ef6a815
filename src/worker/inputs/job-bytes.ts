/**
 * Counts the bytes that this worker transferred for each job: packages, blobs, inputs and outcomes. Cached data is
 * counted only for the job that loaded it.
 * @module
 */
import { setNewest } from '../../lib/bounded-map.js';
import type { JobId } from '../../protocol/messages/messages.js';

/** Maximum number of jobs; the least recently counted one is removed. */
const JOBS_MAX = 1_024;

export class JobBytes {
  readonly #sums = new Map<JobId, number>();

  /** Adds bytes that were transferred for a job. */
  add(jobId: JobId, bytes: number): void {
    if (bytes !== 0) setNewest(this.#sums, jobId, this.of(jobId) + bytes, JOBS_MAX);
  }

  /** Bytes that were transferred for the job since the worker's start; 0 if it was removed. */
  of(jobId: JobId): number {
    return this.#sums.get(jobId) ?? 0;
  }
}
