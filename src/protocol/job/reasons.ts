/**
 * Prefixes of reasons for which a job ended, by which programs can recognize them.
 * @module
 */

/** Followed by the message of the last sandbox that could not load the work function. */
export const UNLOADABLE_REASON = 'no worker could load the work function: ';

/** Followed by the number of failed slices and the error of one of them. */
export const ALL_FAIL_REASON = 'its slices all fail: ';

/** Followed by the number of the slice and its error. */
export const FAIL_FAST_REASON = 'its first failed slice cancels it (failFast): ';
