/**
 * Sends the updated description of this worker to the scheduler: at once, within a rate limit. While disconnected, the
 * next hello contains it.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { TokenBucket } from '../../lib/token-bucket.js';

/** Updates a second, and burst; updates beyond that are delayed and sent as one. */
const PER_SECOND = 10;
const DELAY_MS = 200;

export interface DescriptionUpdaterOptions {
  clock: Clock;
  isOpen: () => boolean;
  send: () => void;
}

export class DescriptionUpdater {
  readonly #options: DescriptionUpdaterOptions;
  readonly #budget: TokenBucket;
  #isStale = false;
  #cancelLater: CancelTimer | undefined;

  constructor(options: DescriptionUpdaterOptions) {
    this.#options = options;
    this.#budget = new TokenBucket(PER_SECOND, PER_SECOND, options.clock.monotonicMs());
  }

  /** The description that the scheduler has is outdated. */
  changed(): void {
    this.#isStale = true;
    this.#send();
  }

  /** A hello is being built, which contains the current description. */
  included(): void {
    this.#isStale = false;
  }

  /** The scheduler has accepted the hello; the description may have changed since it was built. */
  opened(): void {
    if (this.#isStale) this.#send();
  }

  close(): void {
    this.#cancelLater?.();
  }

  #send(): void {
    const { clock, isOpen, send } = this.#options;
    if (this.#cancelLater !== undefined || !isOpen()) return;
    if (this.#budget.take(clock.monotonicMs())) {
      this.#isStale = false;
      return send();
    }
    const retry = (): void => {
      this.#cancelLater = undefined;
      if (this.#isStale) this.#send();
    };
    this.#cancelLater = clock.after(DELAY_MS, retry, { background: true });
  }
}
