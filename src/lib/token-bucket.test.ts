import { describe, expect, it } from 'vitest';
import { Allowance } from './token-bucket.js';

/** How many single takes in a row are granted at `nowMs`. */
function granted(allowance: Allowance, nowMs: number): number {
  let count = 0;
  while (count < 1_000 && allowance.take(nowMs)) count++;
  return count;
}

describe('an allowance', () => {
  it('grants its burst at once, then so much a second', () => {
    const allowance = new Allowance(10, 25, 0);
    expect(granted(allowance, 0)).toBe(25);
    expect(granted(allowance, 500)).toBe(5);
    expect(granted(allowance, 1_500)).toBe(10);
  });

  it('saves no more than one burst, however long nothing is taken', () => {
    const allowance = new Allowance(10, 25, 0);
    expect(granted(allowance, 3_600_000)).toBe(25);
    expect(granted(allowance, 7_200_000)).toBe(25);
  });

  it('refuses what is larger than what is left, and takes nothing for it', () => {
    const allowance = new Allowance(100, 1_000, 0);
    expect(allowance.take(0, 900)).toBe(true);
    expect(allowance.take(0, 101)).toBe(false);
    expect(allowance.take(0, 100)).toBe(true);
    expect(allowance.take(0)).toBe(false);
  });
});
