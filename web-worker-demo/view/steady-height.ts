/**
 * Keeps an element at its greatest recent height for some time, so that the content below it does not jump when jobs
 * come and go.
 * @module
 */

/** How long it may be lower before its minimum height is reduced, milliseconds. */
const RELAX_MS = 60_000;

export class SteadyHeight {
  readonly #part: HTMLElement;
  #kept = 0;
  #highMs = 0;

  constructor(part: HTMLElement) {
    this.#part = part;
  }

  /** Call it after each drawing. */
  keep(): void {
    const { style } = this.#part;
    style.minHeight = '';
    const height = this.#part.offsetHeight;
    const nowMs = performance.now();
    if (height >= this.#kept || nowMs - this.#highMs > RELAX_MS) {
      this.#kept = height;
      this.#highMs = nowMs;
    }
    // A hidden element has no height, and keeps none.
    if (height === 0) this.#kept = 0;
    else style.minHeight = `${this.#kept}px`;
  }
}
