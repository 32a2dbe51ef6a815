/**
 * How long to wait before the next try: exponential, with jitter, so that a thousand clients of a scheduler that
 * comes back do not come all at once.
 * @module
 */
import type { Random } from '../lib/crypto/random.js';

/** Milliseconds before the first try again. */
export const BACK_OFF_MS_MIN = 100;
/** Milliseconds between tries at most. */
export const BACK_OFF_MS_MAX = 10_000;

/** Milliseconds before try number `failures + 1`, when `failures` tries in a row went wrong (from 1). */
export function backOffMs(failures: number, random: Random): number {
  const ceiling = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** Math.min(failures - 1, 20));
  return ceiling / 2 + (ceiling / 2) * random.next();
}
