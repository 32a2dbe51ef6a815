/**
 * Counts finished slices in intervals of time, for the chart of `manyhands worker`.
 * @module
 */

/** Times are milliseconds of one clock. */
export class Rates {
  /** Slices in each of the last intervals, in a ring: interval n is at n modulo the length. */
  readonly #buckets: number[];
  readonly #bucketMs: number;
  /** Number of the current interval, counted from time 0 of the clock. */
  #current = -1;

  /**
   * @param count number of intervals that are kept, the current one included
   * @param bucketMs length of an interval
   */
  constructor(count: number, bucketMs: number) {
    this.#buckets = Array<number>(count).fill(0);
    this.#bucketMs = bucketMs;
  }

  /** Counts slices that finished now. */
  add(nowMs: number, count: number): void {
    this.#advance(nowMs);
    this.#buckets[this.#current % this.#buckets.length]! += count;
  }

  /** Slices per second in each interval, oldest first, without the current one, which is incomplete. */
  perSecond(nowMs: number): number[] {
    this.#advance(nowMs);
    const { length } = this.#buckets;
    const inOrder = Array.from(
      { length: length - 1 },
      (_, i) => this.#buckets[(this.#current + 1 + i) % length]!,
    );
    return inOrder.map((count) => (count * 1_000) / this.#bucketMs);
  }

  /** Makes the interval of `nowMs` the current one; those since the last call had no slices. */
  #advance(nowMs: number): void {
    const now = Math.floor(nowMs / this.#bucketMs);
    const { length } = this.#buckets;
    for (let at = Math.max(this.#current + 1, now - length + 1); at <= now; at++)
      this.#buckets[at % length] = 0;
    this.#current = Math.max(this.#current, now);
  }
}
