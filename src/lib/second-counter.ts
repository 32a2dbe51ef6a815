/**
 * Counts events in the current second, for limits on messages for each second.
 * @module
 */

export class SecondCounter {
  #second = -1;
  #count = 0;

  /** Counts one event at a monotonic time. @returns the number of events in its second so far */
  count(nowMs: number): number {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    return ++this.#count;
  }
}
