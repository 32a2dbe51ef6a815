/**
 * Makes the engine collect garbage before unreachable memories fill the process: engines decide by the size of their heap,
 * and WebAssembly memories are outside of it. The counts here never refuse an allocation.
 * @module
 */

/** Sizes of buffers that cannot be allocated: engines run a full collection before they refuse. Which one works differs. */
const REFUSED_BYTES = [2 ** 40, 2 ** 34] as const;
/** A full collection takes some milliseconds, as long as the first access to a few MiB. */
const COLLECT_EVERY_BYTES = 256 * 1024 * 1024;

/** Measuring costs a fifth of making a small object: of small ones, one in `MEASURE_EVERY` is measured and counted for all. */
const SMALL_BYTES = 1024 * 1024;
const MEASURE_EVERY = 8;

const { ArrayBuffer, setTimeout } = globalThis;
const { max } = Math;

/** Makes the engine run a full collection, within the current turn. */
export function collectGarbage(): void {
  for (let i = 0; i < REFUSED_BYTES.length; i++) {
    try {
      new ArrayBuffer(REFUSED_BYTES[i]!);
    } catch {
      // Expected: the collection ran before the allocation was refused.
    }
  }
}

/** Counts bytes allocated since the last collection, reachable or not, and makes the engine collect every 256 MiB. */
export class GarbagePressure {
  readonly #sizeOf: (made: object) => number;
  #bytes = 0;
  /** The last object made: it is measured and released when the next one is made or the turn is over. */
  #last: object | undefined;
  /** Bytes that were counted for it when it was made. */
  #lastBytes = 0;
  #small = 0;
  #isMeasureQueued = false;

  /** `sizeOf` returns the bytes that are known: objects grow after they were made. */
  constructor(sizeOf: (made: object) => number) {
    this.#sizeOf = sizeOf;
  }

  /** Call it before an allocation of `bytes`. */
  beforeAllocation(bytes: number): void {
    this.#measure();
    this.#lastBytes = bytes;
    if ((this.#bytes += bytes) < COLLECT_EVERY_BYTES) return;
    this.#bytes = bytes;
    collectGarbage();
  }

  /** Call it with the object that was made. */
  afterAllocation(made: object): void {
    if (this.#lastBytes < SMALL_BYTES && this.#small++ % MEASURE_EVERY !== 0) return;
    this.#last = made;
    if (this.#isMeasureQueued) return;
    this.#isMeasureQueued = true;
    setTimeout(() => {
      this.#isMeasureQueued = false;
      this.#measure();
    }, 0);
  }

  #measure(): void {
    if (this.#last === undefined) return;
    const weight = this.#lastBytes < SMALL_BYTES ? MEASURE_EVERY : 1;
    this.#bytes += max(0, this.#sizeOf(this.#last) - this.#lastBytes) * weight;
    this.#last = undefined;
  }
}
