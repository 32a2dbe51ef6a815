/**
 * Randomness as a port: the simulator generates it from a seed.
 * @module
 */

export interface Random {
  /** A number in [0, 1), for jitter and sampling; never for secrets. */
  next(): number;
  /** `n` random bytes; those of `systemRandom` are suitable for secrets. */
  bytes(n: number): Uint8Array;
}

/** The randomness of the machine; used in entry points only. */
export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (n) => globalThis.crypto.getRandomValues(new Uint8Array(n)),
};
