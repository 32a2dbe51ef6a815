/**
 * Limits how many calls of an async listener run at once; further events wait in order.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { Listener } from '../../lib/events.js';
import { describeValue, readOptions } from '../../lib/options.js';

export interface ListenerOptions {
  /**
   * How many events an async listener to `result` or `error` handles at once. No further results are read while that many
   * are unsettled, except those of the segment that is being read.
   * @default 1,000, and no limit within a segment
   */
  concurrency?: number;
}

/** @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export function readConcurrency(options: ListenerOptions): number | undefined {
  const { concurrency } = readOptions<ListenerOptions>(options, 'job.on', { concurrency: true });
  if (concurrency === undefined) return undefined;
  if (Number.isSafeInteger(concurrency) && concurrency >= 1) return concurrency;
  const text = `concurrency must be a whole number from 1; got ${describeValue(concurrency)}.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'concurrency' });
}

/** A listener that calls `listener` for at most `concurrency` events at once. */
export function limitListener<P>(listener: Listener<P>, concurrency: number): (payload: P) => Promise<void> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (payload) => {
    if (running === concurrency) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      await listener(payload);
    } finally {
      // The place passes to the next event.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
