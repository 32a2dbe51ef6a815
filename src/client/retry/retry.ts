/**
 * Repeats what may fail for a moment: the one loop for transfers of blobs, of files and of input by address.
 * @module
 */
import { delay, type Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/crypto/random.js';
import { BACK_OFF_MS_MIN, backOffMs } from './back-off.js';

/** A failure that another attempt may not have. Whatever an attempt throws is final. */
export class TransientFailure {
  constructor(readonly error: Error) {}
}

export interface RetryOptions {
  clock: Clock;
  /** For the jitter of the delays. */
  random: Random;
  /** Number of attempts, the first one included; `Infinity` tries until it succeeds. */
  attemptsMax: number;
  /** Maximum delay before the second attempt, milliseconds; it doubles with each attempt. */
  firstMs?: number;
  /** Ends the wait between two attempts. */
  signal?: AbortSignal | undefined;
}

/** @throws the error of the last attempt, what an attempt throws, or the signal's reason */
export async function retry<T>(
  attempt: () => Promise<T | TransientFailure>,
  { clock, random, attemptsMax, firstMs = BACK_OFF_MS_MIN, signal }: RetryOptions,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    const outcome = await attempt().catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
    if (!(outcome instanceof TransientFailure)) return outcome;
    signal?.throwIfAborted();
    if (failures >= attemptsMax) throw outcome.error;
    await delay(clock, backOffMs(failures, random, firstMs), signal);
  }
}
