/**
 * The wait before the next attempt: exponential with jitter, so that many clients do not return to a restarted scheduler at
 * the same time.
 * @module
 */
import type { Random } from '../../lib/crypto/random.js';

/** Milliseconds before the second attempt. */
export const BACK_OFF_MS_MIN = 100;
/** Milliseconds between attempts at most. */
export const BACK_OFF_MS_MAX = 10_000;

/** Milliseconds before the next attempt, after `failures` (from 1) failed attempts in a row. */
export function backOffMs(failures: number, random: Random, firstMs = BACK_OFF_MS_MIN): number {
  const ceiling = Math.min(BACK_OFF_MS_MAX, firstMs * 2 ** Math.min(failures - 1, 20));
  return ceiling / 2 + (ceiling / 2) * random.next();
}
