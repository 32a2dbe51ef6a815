import { expect, it } from 'vitest';
import { hasGrown, median, quarters } from './growth.mjs';

it('takes the middle of an odd number of values, and the mean of the two middles of an even one', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

it('compares the second quarter of a run with its last', () => {
  const samples = Array.from({ length: 8 }, (_, i) => i);
  expect(quarters(samples)).toEqual({ early: [2, 3], late: [6, 7] });
});

it('lets a figure gain its part and its floor, and no more', () => {
  const bound = { part: 0.1, floor: 5 };
  expect(hasGrown(100, 115, bound)).toBe(false);
  expect(hasGrown(100, 116, bound)).toBe(true);
  expect(hasGrown(100, 40, bound)).toBe(false);
});

it('calls what could not be measured grown', () => {
  expect(hasGrown(NaN, 1, { part: 1, floor: 1 })).toBe(true);
  expect(hasGrown(1, NaN, { part: 1, floor: 1 })).toBe(true);
});
