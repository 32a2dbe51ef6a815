/**
 * Keeps what the scheduler knows of this worker up to date: at once, unless it changes all the time; where nobody can
 * hear it, the next hello says it.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { TokenBucket } from '../../lib/token-bucket.js';

/** Updates a second, and at once; what is over waits for a moment and is said in one. */
const PER_SECOND = 10;
const LATER_MS = 200;

export interface AnnouncerOptions {
  clock: Clock;
  isOpen: () => boolean;
  send: () => void;
}

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #allowance: TokenBucket;
  #isStale = false;
  #cancelLater: CancelTimer | undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#allowance = new TokenBucket(PER_SECOND, PER_SECOND, options.clock.monotonicMs());
  }

  /** What the scheduler knows is not so any more. */
  changed(): void {
    this.#isStale = true;
    this.#say();
  }

  /** A hello is being written, which says all. */
  greeted(): void {
    this.#isStale = false;
  }

  /** The scheduler has heard the hello; something may have changed on its way. */
  opened(): void {
    if (this.#isStale) this.#say();
  }

  close(): void {
    this.#cancelLater?.();
  }

  #say(): void {
    const { clock, isOpen, send } = this.#options;
    if (this.#cancelLater !== undefined || !isOpen()) return;
    if (this.#allowance.take(clock.monotonicMs())) {
      this.#isStale = false;
      return send();
    }
    const again = (): void => {
      this.#cancelLater = undefined;
      if (this.#isStale) this.#say();
    };
    this.#cancelLater = clock.after(LATER_MS, again, { background: true });
  }
}
