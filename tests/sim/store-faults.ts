/**
 * Faults of a store in virtual time: it is locked for a while, or a number of commits fail without any effect.
 * @module
 */
import type { Clock } from '../../src/lib/clock.js';
import { ManyhandsError } from '../../src/lib/errors.js';
import type { StoreFailureCode } from '../../src/scheduler/store/port/store-failure.js';

export class StoreFaults {
  /** Number of failed commits by fault. */
  readonly counts = { locked: 0, failed: 0 };
  readonly #clock: Clock;
  #lockedUntilMs = -Infinity;
  #failuresLeft = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the store is locked, or was within the last `ms` milliseconds. */
  wasLockedWithin(ms: number): boolean {
    return this.#clock.monotonicMs() - ms < this.#lockedUntilMs;
  }

  /** Locks the store for `ms` milliseconds, as another process does. */
  lock(ms: number): void {
    this.#lockedUntilMs = this.#clock.monotonicMs() + ms;
  }

  /** Lets the next commits fail, as on a full or failing disk. */
  fail(commits: number): void {
    this.#failuresLeft = commits;
  }

  /** Throws the error of the current fault, if any. */
  throwIfFaulty(): void {
    if (this.#clock.monotonicMs() < this.#lockedUntilMs) {
      this.counts.locked += 1;
      throw failure('STORE_BUSY');
    }
    if (this.#failuresLeft > 0) {
      this.#failuresLeft -= 1;
      this.counts.failed += 1;
      throw failure(this.counts.failed % 2 === 0 ? 'STORE_FULL' : 'STORE_FAILED');
    }
  }
}

const failure = (code: StoreFailureCode): ManyhandsError =>
  new ManyhandsError(code, 'injected by the simulator');
