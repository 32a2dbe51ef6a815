/**
 * The unsettled promises of listeners. A job completes after they have settled, and no more results are read while too
 * many are unsettled.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { deferred, type Deferred } from '../../lib/deferred.js';

/** Time after which a wait for listeners is reported, milliseconds. */
const WARN_AFTER_MS = 30_000;

export class PendingListeners {
  #count = 0;
  readonly #waiting = new Set<{ max: number; ready: Deferred<void> }>();

  /** Counts a promise until it settles. */
  add(promise: PromiseLike<unknown>, rejected: (error: unknown) => void): void {
    this.#count++;
    const settled = (): void => {
      this.#count--;
      for (const waiter of this.#waiting) if (this.#count <= waiter.max) waiter.ready.resolve();
    };
    void promise.then(settled, (error: unknown) => {
      settled();
      rejected(error);
    });
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Undefined if at most `max` promises are unsettled, else a promise that resolves then.
   * @param warn called with the number of unsettled promises if the wait takes long
   */
  atMost(max: number, clock: Clock, warn: (count: number) => void): Promise<void> | undefined {
    return this.#count <= max ? undefined : this.#wait(max, clock, warn);
  }

  async #wait(max: number, clock: Clock, warn: (count: number) => void): Promise<void> {
    const waiter = { max, ready: deferred() };
    this.#waiting.add(waiter);
    const cancel: CancelTimer = clock.after(WARN_AFTER_MS, () => warn(this.#count), { background: true });
    await waiter.ready.promise;
    cancel();
    this.#waiting.delete(waiter);
  }
}
