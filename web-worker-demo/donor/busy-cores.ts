/**
 * How many cores were busy over the last minutes, for the chart: what was seen last holds until it is looked at again,
 * since a hidden page looks seldom.
 * @module
 */

export const SHOWN_MS = 180_000;
const STEP_MS = 2_000;
const STEPS = SHOWN_MS / STEP_MS;

export class BusyCores {
  /** When it was looked, and what was seen; the oldest first. */
  readonly #seen: { atMs: number; busy: number }[] = [];

  look(busy: number, nowMs: number): void {
    const last = this.#seen.at(-1);
    if (last?.busy === busy) return;
    this.#seen.push({ atMs: nowMs, busy });
    // The one before what is shown says where the line begins.
    while ((this.#seen[1]?.atMs ?? nowMs) < nowMs - SHOWN_MS - STEP_MS) this.#seen.shift();
  }

  /** The mean of each step, the oldest first. */
  series(nowMs: number): number[] {
    const endMs = Math.floor(nowMs / STEP_MS) * STEP_MS;
    return Array.from({ length: STEPS }, (_, i) => this.#mean(endMs - (STEPS - i) * STEP_MS));
  }

  #mean(fromMs: number): number {
    const toMs = fromMs + STEP_MS;
    let sum = 0;
    this.#seen.forEach(({ atMs, busy }, i) => {
      const begins = Math.max(atMs, fromMs);
      const ends = Math.min(this.#seen[i + 1]?.atMs ?? toMs, toMs);
      if (ends > begins) sum += busy * (ends - begins);
    });
    return sum / STEP_MS;
  }
}
