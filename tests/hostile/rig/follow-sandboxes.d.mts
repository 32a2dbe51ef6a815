import type { Worker } from 'manyhands/worker';

export interface Followed {
  /** How long sandboxes were at work on their last slice of this job, milliseconds; those that ended. */
  ended(jobId: string): number[];
  /** Whether the scheduler has taken an outcome of this job, or a sandbox of its ended. */
  isTriedOnce(jobId: string): boolean;
}

export function followSandboxes(worker: Pick<Worker, 'on'>): Followed;
