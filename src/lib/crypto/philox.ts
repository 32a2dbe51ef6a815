/**
 * Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011): random numbers by their position, so
 * that any of them is computed without those before it. Not for secrets.
 * @module
 */
const { imul } = Math;

const WORD = 2 ** 32;
/** Numbers of 26 and 27 bits make the 53 bits of a double. */
const LOW_BITS = 2 ** 26;

/** The upper 32 bits of the product of two unsigned words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carried = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (carried >>> 16)) >>> 0;
}

/** Four random words for a counter of four words and a key of two. All are unsigned. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let c0 = counter[0];
  let c1 = counter[1];
  let c2 = counter[2];
  let c3 = counter[3];
  let k0 = key[0];
  let k1 = key[1];
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/**
 * Two random numbers in [0, 1) of 53 bits each.
 * @param seed an integer from 0 to 2^53 - 1
 * @param index the place in the sequence, an integer from 0 to 2^53 - 1
 * @param draw which of the pairs at that place, an integer from 0
 */
export function randomPair(seed: number, index: number, draw: number): [number, number] {
  const low = index % WORD;
  const seedLow = seed % WORD;
  const words = philox([low, (index - low) / WORD, draw, 0], [seedLow, (seed - seedLow) / WORD]);
  return [fraction(words[0], words[1]), fraction(words[2], words[3])];
}

function fraction(high: number, low: number): number {
  return ((high >>> 5) * LOW_BITS + (low >>> 6)) / 2 ** 53;
}
