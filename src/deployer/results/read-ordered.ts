/**
 * The outcomes of a job ordered by slice number. A bounded number of those that come early is kept; others are fetched from
 * the scheduler when it is their turn.
 * @module
 */
import type { ResultItem } from '../state/result-items.js';
import { PAGE_SLICES, type OutcomeSource } from './outcome-source.js';
import type { OutcomeTap } from './outcome-taps.js';

/** Outcomes that are kept for a later turn, and their size in bytes, as far as it is known without encoding them. */
const EARLY_MAX = 10_000;
const EARLY_BYTES_MAX = 64 * 1024 * 1024;

/** Yields each slice once, from `start` on. */
export async function* readOrdered<T>(
  source: OutcomeSource<T>,
  start: number,
): AsyncGenerator<ResultItem<T>, void, undefined> {
  const early = new EarlyOutcomes(source, start);
  const close = source.open(early);
  try {
    for (;;) {
      source.checkSignal();
      const item = early.current ?? (await early.find());
      if (item === undefined) return;
      early.advance();
      yield item;
    }
  } finally {
    close();
  }
}

class EarlyOutcomes<T> implements OutcomeTap<T> {
  readonly #source: OutcomeSource<T>;
  readonly #items = new Map<number, ResultItem<T>>();
  #bytes = 0;
  /** The slice whose turn it is. */
  #next: number;
  /** Slices up to this one were fetched, so that those which the scheduler had before the handle followed are known. */
  #fetchedTo = 0;

  constructor(source: OutcomeSource<T>, start: number) {
    this.#source = source;
    this.#next = start;
  }

  /** While the next one is not here, later ones must be read: it comes after them. */
  get isFull(): boolean {
    return this.#isAtLimit && this.#items.has(this.#next);
  }

  get #isAtLimit(): boolean {
    return this.#items.size >= EARLY_MAX || this.#bytes >= EARLY_BYTES_MAX;
  }

  take(item: ResultItem<T>): void {
    const { sliceNumber } = item;
    const isNext = sliceNumber === this.#next;
    if (isNext) this.#source.wake();
    if (sliceNumber < this.#next || this.#source.kept(sliceNumber) !== undefined) return;
    if (isNext || !this.#isAtLimit) this.#add(item);
  }

  /** The outcome whose turn it is, if it is here. */
  get current(): ResultItem<T> | undefined {
    return this.#items.get(this.#next) ?? this.#source.kept(this.#next);
  }

  advance(): void {
    const item = this.#items.get(this.#next);
    if (item !== undefined) {
      this.#items.delete(this.#next);
      this.#bytes -= knownSize(item.result);
    }
    this.#next++;
    this.#source.drained();
  }

  /** The outcome whose turn it is, once there is one; undefined at the end of the job. */
  async find(): Promise<ResultItem<T> | undefined> {
    const source = this.#source;
    for (;;) {
      const next = this.#next;
      if (this.current !== undefined) return this.current;
      const run = source.received.runFrom(next);
      if (run !== undefined) {
        await this.#fetch(run);
        if (this.current === undefined) throw source.missing(next);
      } else if (source.hasEarlier && next > this.#fetchedTo) {
        await this.#fetch(Infinity);
      } else if (source.isEnded) {
        if (next <= source.total) await source.checkEnd();
        if (next <= source.total) throw source.missing(next);
        return undefined;
      } else {
        await source.woken();
      }
    }
  }

  async #fetch(last: number): Promise<void> {
    const page = await this.#source.fetch(this.#next, last);
    for (const item of page) this.#add(item);
    this.#fetchedTo = Math.min(last, this.#next + PAGE_SLICES - 1);
  }

  #add(item: ResultItem<T>): void {
    if (this.#items.has(item.sliceNumber)) return;
    this.#items.set(item.sliceNumber, item);
    this.#bytes += knownSize(item.result);
  }
}

/** The bytes of a value that is binary or text; 0 for others. */
function knownSize(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer ? value.byteLength : 0;
}
