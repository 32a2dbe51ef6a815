/**
 * The loops that read the outcomes of a job as they are received. While one of them is full, no further outcomes are read.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { deferred, type Deferred } from '../../lib/deferred.js';
import type { ResultItem } from '../state/result-items.js';

/** Time after which a loop that takes nothing is reported, milliseconds. */
const WARN_AFTER_MS = 30_000;

export interface OutcomeTap<T> {
  take(item: ResultItem<T>): void;
  /** Whether no further outcomes must be read now; `OutcomeTaps.drained` is called when that ends. */
  readonly isFull: boolean;
}

export class OutcomeTaps<T> {
  readonly #taps = new Set<OutcomeTap<T>>();
  #ready: Deferred<void> | undefined;

  get isEmpty(): boolean {
    return this.#taps.size === 0;
  }

  add(tap: OutcomeTap<T>): void {
    this.#taps.add(tap);
  }

  remove(tap: OutcomeTap<T>): void {
    this.#taps.delete(tap);
    this.drained();
  }

  take(item: ResultItem<T>): void {
    for (const tap of this.#taps) tap.take(item);
  }

  /** A loop has taken an outcome. */
  drained(): void {
    if (this.#ready === undefined || this.#isFull) return;
    this.#ready.resolve();
    this.#ready = undefined;
  }

  /**
   * Undefined if no loop is full, else a promise that resolves then.
   * @param warn called if that takes long
   */
  whenReady(clock: Clock, warn: () => void): Promise<void> | undefined {
    return this.#taps.size > 0 && this.#isFull ? this.#wait(clock, warn) : undefined;
  }

  get #isFull(): boolean {
    for (const tap of this.#taps) if (tap.isFull) return true;
    return false;
  }

  async #wait(clock: Clock, warn: () => void): Promise<void> {
    const cancel = clock.after(WARN_AFTER_MS, warn, { background: true });
    await (this.#ready ??= deferred()).promise;
    cancel();
  }
}
