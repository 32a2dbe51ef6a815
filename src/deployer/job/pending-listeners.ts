/**
 * Promises that listeners returned and that have not settled: a job is done when what its listeners do with the results
 * is done too, and results are read no faster than that.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { deferred, type Deferred } from '../../lib/deferred.js';

/** So long nothing is said of listeners that a job waits for, milliseconds. */
const SAY_AFTER_MS = 30_000;

export class PendingListeners {
  #count = 0;
  readonly #waiting = new Set<{ max: number; turn: Deferred<void> }>();

  /** What it rejects with stays unhandled, as the error of a listener that throws does. */
  add(promise: PromiseLike<unknown>): void {
    this.#count++;
    const settled = (): void => {
      this.#count--;
      for (const one of this.#waiting) if (this.#count <= one.max) one.turn.resolve();
    };
    void promise.then(settled, (error: unknown) => {
      settled();
      throw error;
    });
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Undefined where at most `max` are unsettled, else a promise of that.
   * @param warn is told how many they are, where it takes long
   */
  atMost(max: number, clock: Clock, warn: (count: number) => void): Promise<void> | undefined {
    return this.#count <= max ? undefined : this.#wait(max, clock, warn);
  }

  async #wait(max: number, clock: Clock, warn: (count: number) => void): Promise<void> {
    const one = { max, turn: deferred() };
    this.#waiting.add(one);
    const cancel: CancelTimer = clock.after(SAY_AFTER_MS, () => warn(this.#count), { background: true });
    await one.turn.promise;
    cancel();
    this.#waiting.delete(one);
  }
}
