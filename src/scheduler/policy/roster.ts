/**
 * Which workers are there now, as far as a decision about a failed slice has to know: whether somebody else may come
 * for it. The store is told by its node; it keeps nothing of it.
 * @module
 */
import type { Candidate } from './choose-job.js';
import type { Runner } from './attempts.js';

export interface Roster {
  /**
   * Whether a worker is there that may run the job, waits for work or has some, and whose attempt would tell more
   * (`independenceOf`) than `level`.
   * @param isSoon whether one that has work counts only while it gets on with it. @default false
   */
  hasBetter(job: Candidate, tried: readonly Runner[], level: number, isSoon?: boolean): boolean;
}

/** Nobody else is there. */
export const NOBODY_ELSE: Roster = { hasBetter: () => false };

/** From so much independence on an attempt counts as another's. */
export const INDEPENDENT = 2;
