/**
 * A store that takes nothing for a while, in virtual time: it is locked, or single commits fail. Nothing of a commit that
 * fails is there.
 * @module
 */
import type { Clock } from '../../src/lib/clock.js';
import { ManyhandsError } from '../../src/lib/errors.js';
import type { StoreFailureCode } from '../../src/scheduler/store/port/store-failure.js';

export class StoreFaults {
  /** Commits that failed, by the fault that made them fail. */
  readonly counts = { locked: 0, failed: 0 };
  readonly #clock: Clock;
  #lockedUntilMs = 0;
  #failuresLeft = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether another program holds the store now, or did a moment ago. */
  wasLockedWithin(ms: number): boolean {
    return this.#clock.monotonicMs() - ms < this.#lockedUntilMs;
  }

  /** Another program holds the store for so long. */
  lock(ms: number): void {
    this.#lockedUntilMs = this.#clock.monotonicMs() + ms;
  }

  /** So many commits fail from now on, as on a disk that is full or does not answer. */
  fail(commits: number): void {
    this.#failuresLeft = commits;
  }

  /** Throws where a commit would fail now. */
  strike(): void {
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

const failure = (code: StoreFailureCode): ManyhandsError => new ManyhandsError(code, 'the simulator says so');
