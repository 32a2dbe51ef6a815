/**
 * The latest jobs of which one connection's worker was granted leases: it may read their packages. The set is bounded; a
 * job that was dropped is added again with its next lease.
 * @module
 */
import { setNewest } from '../../lib/bounded-map.js';
import type { JobId } from '../../protocol/messages/messages.js';

const OFFERED_JOBS_MAX = 1_024;

export class OfferedJobs {
  readonly #jobs = new Map<JobId, true>();

  add(jobId: JobId): void {
    setNewest(this.#jobs, jobId, true, OFFERED_JOBS_MAX);
  }

  has(jobId: JobId): boolean {
    return this.#jobs.has(jobId);
  }
}
