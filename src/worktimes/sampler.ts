/**
 * Counts many small things by few: a thing is taken with a chance that goes with its size, and stands for those that
 * were not. Which one is taken is random in a way that job code cannot know, so that it cannot keep just the others.
 * @module
 */

/** A small thing that is taken stands for so many bytes. */
const SAMPLE_BYTES = 65_536;
const POOL_LENGTH = 256;

const { log } = Math;
const fallback = Math.random;
const WORDS = 2 ** 32;
const fill =
  typeof crypto === 'undefined'
    ? (pool: Uint32Array<ArrayBuffer>) => pool.map(() => fallback() * WORDS)
    : crypto.getRandomValues.bind(crypto);
const pool = new Uint32Array(POOL_LENGTH);
let left = 0;

/** Never 0. */
function chance(): number {
  if (left === 0) {
    fill(pool);
    left = POOL_LENGTH;
  }
  return (pool[--left]! + 1) / WORDS;
}

export class Sampler {
  readonly #take: (target: object, bytes: number) => void;
  #untilNext = 0;

  constructor(take: (target: object, bytes: number) => void) {
    this.#take = take;
    this.#untilNext = distance();
  }

  add(target: object, bytes: number): void {
    if (bytes < SAMPLE_BYTES && (this.#untilNext -= bytes) > 0) return;
    this.#addTaken(target, bytes);
  }

  #addTaken(target: object, bytes: number): void {
    if (bytes >= SAMPLE_BYTES) return this.#take(target, bytes);
    let weight = 0;
    while (this.#untilNext <= 0) {
      weight += SAMPLE_BYTES;
      this.#untilNext += distance();
    }
    this.#take(target, weight);
  }
}

function distance(): number {
  return -log(chance()) * SAMPLE_BYTES;
}
