/**
 * Randomness and ids as a port: the simulator replays them from a seed.
 * @module
 */

export interface Random {
  /** In [0, 1); for jitter and sampling, never for secrets. */
  next(): number;
  /** `n` bytes; the system's implementation is fit for secrets. */
  bytes(n: number): Uint8Array;
}

/** The machine's randomness; made in entry points only. */
export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (n) => globalThis.crypto.getRandomValues(new Uint8Array(n)),
};
