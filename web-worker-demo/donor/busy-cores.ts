/**
 * How many cores were busy over the last minutes, for the chart. Each sample is valid until the next, since the timers
 * of a hidden page run seldom.
 * @module
 */

export const SHOWN_MS = 180_000;
const STEP_MS = 2_000;
const STEPS = SHOWN_MS / STEP_MS;

export class BusyCores {
  /** The oldest first. */
  readonly #samples: { atMs: number; busy: number }[] = [];

  record(busy: number, nowMs: number): void {
    const last = this.#samples.at(-1);
    if (last?.busy === busy) return;
    this.#samples.push({ atMs: nowMs, busy });
    // Keep one sample older than the chart: it is the line's first value.
    while ((this.#samples[1]?.atMs ?? nowMs) < nowMs - SHOWN_MS - STEP_MS) this.#samples.shift();
  }

  /** The mean number of busy cores in each step, the oldest first. */
  series(nowMs: number): number[] {
    const endMs = Math.floor(nowMs / STEP_MS) * STEP_MS;
    return Array.from({ length: STEPS }, (_, i) => this.#mean(endMs - (STEPS - i) * STEP_MS));
  }

  #mean(fromMs: number): number {
    const toMs = fromMs + STEP_MS;
    let sum = 0;
    this.#samples.forEach(({ atMs, busy }, i) => {
      const begins = Math.max(atMs, fromMs);
      const ends = Math.min(this.#samples[i + 1]?.atMs ?? toMs, toMs);
      if (ends > begins) sum += busy * (ends - begins);
    });
    return sum / STEP_MS;
  }
}
