import { expect, test } from 'vitest';
import { philox, randomPair } from './philox.js';

test('gives the known answers of Random123', () => {
  const ones = 0xffffffff;
  expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([
    0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
  ]);
  expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
  ]);
});

test('all bits of index, seed and draw count', () => {
  const seen = new Set<number>();
  const big = 2 ** 53 - 1;
  for (const seed of [0, 1, 2 ** 32, big]) {
    for (const index of [0, 1, 2 ** 32, big]) {
      for (const draw of [0, 1]) {
        const pair = randomPair(seed, index, draw);
        for (const each of pair) {
          expect(each).toBeGreaterThanOrEqual(0);
          expect(each).toBeLessThan(1);
          seen.add(each);
        }
      }
    }
  }
  expect(seen.size).toBe(64);
});
