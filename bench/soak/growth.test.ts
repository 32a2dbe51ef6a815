import { expect, it } from 'vitest';
import { hasGrown, median, quarters } from './growth.mjs';

it('median returns the middle of an odd number of values, and the mean of the two middle ones of an even number', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

it('growth compares the second quarter of a run with the last', () => {
  const samples = Array.from({ length: 8 }, (_, i) => i);
  expect(quarters(samples)).toEqual({ early: [2, 3], late: [6, 7] });
});

it('growth allows a value to increase by its relative and absolute tolerance, and no more', () => {
  const bound = { part: 0.1, floor: 5 };
  expect(hasGrown(100, 115, bound)).toBe(false);
  expect(hasGrown(100, 116, bound)).toBe(true);
  expect(hasGrown(100, 40, bound)).toBe(false);
});

it('growth reports a value that could not be measured', () => {
  expect(hasGrown(NaN, 1, { part: 1, floor: 1 })).toBe(true);
  expect(hasGrown(1, NaN, { part: 1, floor: 1 })).toBe(true);
});
