/**
 * A token bucket: a rate limit with a burst. The supervisor limits what a sandbox sends by it, since a limit inside the
 * sandbox can be changed by job code.
 * @module
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #refilledMs: number;

  /**
   * @param perSecond tokens added in a second
   * @param capacity tokens that are there at most, and at first
   * @param nowMs monotonic time, milliseconds
   */
  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#tokens = capacity;
    this.#refilledMs = nowMs;
  }

  /** Takes `amount` tokens; false, with nothing taken, where there are fewer. */
  take(nowMs: number, amount = 1): boolean {
    this.#refill(nowMs);
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }

  /** Milliseconds until there is a token; 0 where there is one. */
  delayMs(nowMs: number): number {
    this.#refill(nowMs);
    return (Math.max(0, 1 - this.#tokens) * 1_000) / this.#perSecond;
  }

  #refill(nowMs: number): void {
    const added = ((nowMs - this.#refilledMs) * this.#perSecond) / 1_000;
    this.#tokens = Math.min(this.#capacity, this.#tokens + added);
    this.#refilledMs = nowMs;
  }
}
