/**
 * So many a second, and a burst of as many: what a sandbox may say is rationed by the supervisor too, since the
 * ration inside the sandbox is in job code's reach.
 * @module
 */
export class Allowance {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  #atMs: number;

  constructor(perSecond: number, most: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#most = most;
    this.#left = most;
    this.#atMs = nowMs;
  }

  /** Takes `amount` where there is so much left. */
  take(nowMs: number, amount = 1): boolean {
    this.#left = Math.min(this.#most, this.#left + ((nowMs - this.#atMs) * this.#perSecond) / 1_000);
    this.#atMs = nowMs;
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }
}
