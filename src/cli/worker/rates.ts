/**
 * Counts finished slices in intervals of time.
 * @module
 */

export class Rates {
  readonly #buckets: number[];
  readonly #bucketMs: number;
  #at = -1;

  constructor(count: number, bucketMs: number) {
    this.#buckets = Array<number>(count).fill(0);
    this.#bucketMs = bucketMs;
  }

  add(nowMs: number, count: number): void {
    this.#advance(nowMs);
    this.#buckets[this.#at % this.#buckets.length]! += count;
  }

  /** Slices per second in each bucket, oldest first, without the current incomplete one. */
  perSecond(nowMs: number): number[] {
    this.#advance(nowMs);
    const { length } = this.#buckets;
    const inOrder = Array.from({ length: length - 1 }, (_, i) => this.#buckets[(this.#at + 1 + i) % length]!);
    return inOrder.map((count) => (count * 1_000) / this.#bucketMs);
  }

  #advance(nowMs: number): void {
    const now = Math.floor(nowMs / this.#bucketMs);
    const { length } = this.#buckets;
    for (let at = Math.max(this.#at + 1, now - length + 1); at <= now; at++) this.#buckets[at % length] = 0;
    this.#at = Math.max(this.#at, now);
  }
}
