import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.js';

/** How many single tokens in a row are taken at `nowMs`. */
function taken(bucket: TokenBucket, nowMs: number): number {
  let count = 0;
  while (count < 1_000 && bucket.take(nowMs)) count++;
  return count;
}

describe('a token bucket', () => {
  it('gives its capacity at once, then its rate', () => {
    const bucket = new TokenBucket(10, 25, 0);
    expect(taken(bucket, 0)).toBe(25);
    expect(taken(bucket, 500)).toBe(5);
    expect(taken(bucket, 1_500)).toBe(10);
  });

  it('collects no more than its capacity, however long nothing is taken', () => {
    const bucket = new TokenBucket(10, 25, 0);
    expect(taken(bucket, 3_600_000)).toBe(25);
    expect(taken(bucket, 7_200_000)).toBe(25);
  });

  it('refuses an amount larger than what is left, and takes nothing for it', () => {
    const bucket = new TokenBucket(100, 1_000, 0);
    expect(bucket.take(0, 900)).toBe(true);
    expect(bucket.take(0, 101)).toBe(false);
    expect(bucket.take(0, 100)).toBe(true);
    expect(bucket.take(0)).toBe(false);
  });
});
