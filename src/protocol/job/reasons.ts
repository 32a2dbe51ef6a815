/**
 * Why a job ended, where a program may want to know it: the beginning of a reason that both ends know.
 * @module
 */

/** What follows is the words of the last sandbox that could not load the work function. */
export const UNLOADABLE_REASON = 'no worker could load the work function: ';

/** What follows is how many slices have failed, and the error of one of them. */
export const ALL_FAIL_REASON = 'its slices all fail: ';
