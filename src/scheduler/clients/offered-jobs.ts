/**
 * The latest jobs of which one connection's worker was granted leases: it may read their packages. The set is bounded; a
 * job that was dropped is added again with its next lease.
 * @module
 */
import type { JobId } from '../../protocol/messages/messages.js';

const OFFERED_JOBS_MAX = 1_024;

export class OfferedJobs {
  readonly #jobs = new Set<JobId>();

  add(jobId: JobId): void {
    this.#jobs.delete(jobId);
    this.#jobs.add(jobId);
    if (this.#jobs.size <= OFFERED_JOBS_MAX) return;
    for (const oldest of this.#jobs) return void this.#jobs.delete(oldest);
  }

  has(jobId: JobId): boolean {
    return this.#jobs.has(jobId);
  }
}
