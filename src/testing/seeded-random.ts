/**
 * A reproducible random number generator: xoshiro128**, seeded by splitmix32. Not for secrets.
 * @module
 */
import type { Random } from '../lib/crypto/random.js';

export class SeededRandom implements Random {
  readonly seed: number;
  readonly #state = new Uint32Array(4);

  /** `seed`: any integer; only its low 32 bits are used. */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    let mixed = this.seed;
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let uint32 = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
      uint32 = Math.imul(uint32 ^ (uint32 >>> 13), 0xc2b2ae35);
      this.#state[i] = (uint32 ^ (uint32 >>> 16)) >>> 0;
    }
  }

  /** 32 random bits. */
  word(): number {
    const state = this.#state;
    const result = Math.imul(rotate(Math.imul(state[1]!, 5), 7), 9) >>> 0;
    const shifted = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = rotate(state[3]!, 11);
    return result;
  }

  next(): number {
    return ((this.word() >>> 5) * 2 ** 26 + (this.word() >>> 6)) / 2 ** 53;
  }

  bytes(n: number): Uint8Array {
    const made = new Uint8Array(n);
    for (let i = 0; i < n; i++) made[i] = this.word() >>> 24;
    return made;
  }

  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** A number in [min, max). */
  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  /** True with probability `chance`. */
  chance(chance: number): boolean {
    return this.next() < chance;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)]!;
  }

  /** An independent generator for one part of a test, so that the numbers one part draws do not change those of another. */
  fork(): SeededRandom {
    return new SeededRandom(this.word());
  }
}

function rotate(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}
