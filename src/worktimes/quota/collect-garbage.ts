/**
 * Makes the engine collect garbage before what was forgotten fills the process: engines look at their own heap to
 * decide when, and WebAssembly memories lie outside of it. Nothing is ever refused for what is counted here.
 * @module
 */

/** More than there is: an engine collects all that it can before it refuses such a buffer. Which size does it differs. */
const REFUSED_BYTES = [2 ** 40, 2 ** 34] as const;
/** A full collection takes some milliseconds, as much as touching a few MiB for the first time. */
const COLLECT_EVERY_BYTES = 256 * 1024 * 1024;

/** To measure one costs a fifth of what a small one does: of those one in so many is measured, and stands for all. */
const SMALL_BYTES = 1024 * 1024;
const MEASURE_EVERY = 8;

const { ArrayBuffer, setTimeout } = globalThis;

/** Makes the engine collect, in the midst of a turn. */
export function collectGarbage(): void {
  for (let i = 0; i < REFUSED_BYTES.length; i++) {
    try {
      new ArrayBuffer(REFUSED_BYTES[i]!);
    } catch {
      // That is what it was asked for.
    }
  }
}

/** Counts what was made since the last collection, garbage or not, and has the engine collect every 256 MiB. */
export class GarbagePressure {
  readonly #sizeOf: (made: object) => number;
  #bytes = 0;
  /** The last one that was made: it is measured, and let go, when the next one is made or the turn is over. */
  #last: object | undefined;
  /** What was counted for it when it was made. */
  #lastBytes = 0;
  #small = 0;
  #waiting = false;

  /** `sizeOf` gives bytes: things grow after they were made. */
  constructor(sizeOf: (made: object) => number) {
    this.#sizeOf = sizeOf;
  }

  /** To be called before one of `bytes` is made. */
  before(bytes: number): void {
    this.#measure();
    this.#lastBytes = bytes;
    if ((this.#bytes += bytes) < COLLECT_EVERY_BYTES) return;
    this.#bytes = bytes;
    collectGarbage();
  }

  /** To be called with what was made. */
  add(made: object): void {
    if (this.#lastBytes < SMALL_BYTES && this.#small++ % MEASURE_EVERY !== 0) return;
    this.#last = made;
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      this.#measure();
    }, 0);
  }

  #measure(): void {
    if (this.#last === undefined) return;
    const times = this.#lastBytes < SMALL_BYTES ? MEASURE_EVERY : 1;
    this.#bytes += (this.#sizeOf(this.#last) - this.#lastBytes) * times;
    this.#last = undefined;
  }
}
