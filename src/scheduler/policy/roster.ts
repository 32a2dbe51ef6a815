/**
 * The connected workers as decisions about failed slices see them: whether another worker could run the slice. The
 * scheduler node passes its roster to each commit; the store keeps nothing of it.
 * @module
 */
import type { Candidate } from './choose-job.js';
import type { Executor } from './attempts.js';

export interface Roster {
  /**
   * Whether a connected worker may run the job, requests work or has leases, and has a higher `independenceLevel` than
   * `level` with respect to `tried`.
   * @param requireProgress whether a worker with leases counts only while it makes progress. @default false
   */
  hasBetterWorker(
    job: Candidate,
    tried: readonly Executor[],
    level: number,
    requireProgress?: boolean,
  ): boolean;
}

/** A roster without any other worker. */
export const NO_OTHER_WORKERS: Roster = { hasBetterWorker: () => false };

/** The `independenceLevel` from which an attempt counts as independent. */
export const INDEPENDENT_LEVEL = 2;
