/**
 * The outcomes of a job in the order in which they are received.
 * @module
 */
import type { ResultItem } from '../state/result-items.js';
import type { OutcomeSource } from './outcome-source.js';

/** Outcomes that wait for the loop, above which no more are read. One segment of results may exceed it. */
const WAITING_MAX = 1_000;

/** Yields each slice once: first those that the handle has received before, by slice number. */
export async function* readCompleted<T>(
  source: OutcomeSource<T>,
): AsyncGenerator<ResultItem<T>, void, undefined> {
  let waiting: ResultItem<T>[] = [];
  let next = 0;
  const before = source.received.runs();
  const close = source.open({
    take(item) {
      waiting.push(item);
      source.wake();
    },
    get isFull() {
      return waiting.length - next > WAITING_MAX;
    },
  });
  try {
    for (const [first, last] of before) yield* source.read(first, last);
    for (;;) {
      while (next < waiting.length) {
        source.checkSignal();
        const item = waiting[next++]!;
        if (next === waiting.length) {
          waiting = [];
          next = 0;
        }
        source.drained();
        yield item;
      }
      if (source.isEnded) break;
      await source.woken();
    }
    await source.checkEnd();
  } finally {
    close();
  }
}
