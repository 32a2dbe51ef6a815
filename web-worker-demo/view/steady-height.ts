/**
 * A part that comes and goes in pieces keeps the height of its highest for a while: what stands below it, the rest of
 * a site, does not jump with each job.
 * @module
 */

/** How long it may be lower before it gives the room back. */
const RELAX_MS = 60_000;

export class SteadyHeight {
  readonly #part: HTMLElement;
  #kept = 0;
  #highMs = 0;

  constructor(part: HTMLElement) {
    this.#part = part;
  }

  /** To be called when it was drawn anew. */
  keep(): void {
    const { style } = this.#part;
    style.minHeight = '';
    const height = this.#part.offsetHeight;
    const nowMs = performance.now();
    if (height >= this.#kept || nowMs - this.#highMs > RELAX_MS) {
      this.#kept = height;
      this.#highMs = nowMs;
    }
    // A part that is hidden has no height, and keeps none.
    if (height === 0) this.#kept = 0;
    else style.minHeight = `${this.#kept}px`;
  }
}
