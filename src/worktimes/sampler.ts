/**
 * Counts many small things, and notices by few that they are gone: each is counted when it is made; one is drawn with a
 * chance that goes with its size, and gives back, when it dies, as much as it and those that were not drawn came to.
 * Nothing shows which one was drawn until it is dead: else a job could drop just those, and keep the others uncounted.
 * @module
 */
import type { Quota } from './quota.js';

/** A small thing that is drawn stands for so many bytes. */
const SAMPLE_BYTES = 32_768;
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
  readonly #quota: Quota;
  readonly #lastingOf: (made: object) => object;
  #untilNext = distance();

  /** `lastingOf` gives what is to be dead before the memory is free. */
  constructor(quota: Quota, lastingOf: (made: object) => object) {
    this.#quota = quota;
    this.#lastingOf = lastingOf;
  }

  add(made: object, bytes: number): void {
    if (bytes >= SAMPLE_BYTES) {
      this.#quota.hold(this.#lastingOf(made), bytes);
      return;
    }
    this.#quota.count(bytes);
    if ((this.#untilNext -= bytes) <= 0) this.#draw(made);
  }

  #draw(made: object): void {
    let weight = 0;
    while (this.#untilNext <= 0) {
      weight += SAMPLE_BYTES;
      this.#untilNext += distance();
    }
    this.#quota.draw(this.#lastingOf(made), weight);
  }
}

function distance(): number {
  return -log(chance()) * SAMPLE_BYTES;
}
