/**
 * How many bytes this worker moved for each job: packages, blobs and inputs that came, outcomes that went. What is
 * already here costs a second job nothing.
 * @module
 */
import type { JobId } from '../../protocol/messages/messages.js';

/** Jobs whose sums are kept; the one that moved nothing for longest is forgotten. */
const JOBS_MAX = 1_024;

export class JobBytes {
  readonly #sums = new Map<JobId, number>();

  add(jobId: JobId, bytes: number): void {
    if (bytes === 0) return;
    const sum = this.of(jobId) + bytes;
    this.#sums.delete(jobId);
    this.#sums.set(jobId, sum);
    if (this.#sums.size > JOBS_MAX) this.#sums.delete(this.#sums.keys().next().value!);
  }

  /** Since the worker's start. */
  of(jobId: JobId): number {
    return this.#sums.get(jobId) ?? 0;
  }
}
