/**
 * Slices per second over the last minutes. Results come in reports of many slices, so the rate is a mean over some
 * seconds.
 * @module
 */

export const SHOWN_MS = 180_000;
const STEP_MS = 2_000;
const MEAN_STEPS = 3;
const STEPS = SHOWN_MS / STEP_MS;

export class Rates {
  readonly #counts = new Map<number, number>();
  #beganMs: number | undefined;

  /** Starts measuring, if it has not started: times before `nowMs` are left out of the means. */
  begin(nowMs: number): void {
    this.#beganMs ??= nowMs;
  }

  add(slices: number, nowMs: number): void {
    const step = Math.floor(nowMs / STEP_MS);
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + slices);
    for (const old of this.#counts.keys()) if (old < step - STEPS - MEAN_STEPS) this.#counts.delete(old);
  }

  /** Slices per second, the oldest first, without the step that is not over yet. */
  series(nowMs: number): number[] {
    const last = Math.floor(nowMs / STEP_MS) - 1;
    return Array.from({ length: STEPS }, (_, i) => this.#mean(last - (STEPS - 1 - i)));
  }

  /** The mean of the last seconds, slices per second. */
  current(nowMs: number): number {
    return this.#mean(Math.floor(nowMs / STEP_MS) - 1);
  }

  #mean(last: number): number {
    const began = this.#beganMs === undefined ? -Infinity : Math.floor(this.#beganMs / STEP_MS);
    const first = Math.max(last - MEAN_STEPS + 1, began);
    if (first > last) return 0;
    let sum = 0;
    for (let step = first; step <= last; step++) sum += this.#counts.get(step) ?? 0;
    return sum / (((last - first + 1) * STEP_MS) / 1000);
  }
}
