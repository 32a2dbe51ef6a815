import { describe, expect, test } from 'vitest';
import { ARRAY_LENGTH_MAX, RANGE_GROUP_MAX } from '../limits.js';
import { RangeObject } from './input-sets.js';

const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error;

describe('RangeObject', () => {
  test('numbers or an object', () => {
    expect([...new RangeObject(1, 4)]).toEqual([1, 2, 3, 4]);
    expect([...new RangeObject({ start: 4, end: 1, step: -1 })]).toEqual([4, 3, 2, 1]);
    expect([...new RangeObject({ start: 0, end: 5, step: 2, group: 2 })]).toEqual([[0, 2], [4]]);
    expect(new RangeObject(new RangeObject(1, 9, 2)).toArray()).toEqual([1, 3, 5, 7, 9]);
  });

  test('its properties', () => {
    const range = new RangeObject(0, 10, 3, 2);
    expect(range).toMatchObject({ start: 0, end: 10, step: 3, group: 2 });
    expect([range.length, range.stepCount, range.last, range.max, range.hasRemainder]).toEqual([
      2,
      4,
      9,
      9,
      true,
    ]);
    expect(new RangeObject(0, 9, 3).hasRemainder).toBe(false);
    expect(new RangeObject(0, 0.3, 0.1).hasRemainder).toBe(false);
    expect(new RangeObject(9, 0, -3).max).toBe(9);
    expect(new RangeObject(1, 2).group).toBeUndefined();
  });

  test('reads like an array', () => {
    const range = new RangeObject(10, 50, 10);
    expect([range.nthValue(0), range.nthValue(4)]).toEqual([10, 50]);
    expect(() => range.nthValue(5)).toThrow(invalid);
    expect(range.toArray()).toEqual([10, 20, 30, 40, 50]);
    expect(range.slice(1, 3)).toEqual([20, 30]);
    expect(range.slice(-2)).toEqual([40, 50]);
    expect(range.slice(4, 1)).toEqual([]);
    expect(range.slice(-100, 100)).toEqual(range.toArray());
    expect(range.filter((n, i) => i % 2 === 0 && n !== 10)).toEqual([30, 50]);
  });

  test('shows and repeats itself', () => {
    const range = new RangeObject(0, 10, 3, 2);
    expect(String(range)).toBe('0 to 10 by 3 in groups of 2');
    expect(JSON.parse(JSON.stringify(range))).toEqual({ start: 0, end: 10, step: 3, group: 2 });
    expect(new RangeObject(range.toObject()).toArray()).toEqual(range.toArray());
    expect(new RangeObject(0, 1).toObject()).toEqual({ start: 0, end: 1, step: 1 });
  });

  test('a billion is described, not listed', () => {
    const range = new RangeObject(1, 1e9);
    expect(range.length).toBe(1e9);
    expect(range.nthValue(1e9 - 1)).toBe(1e9);
    expect(() => range.toArray()).toThrow(invalid);
    expect(range.slice(-2)).toEqual([1e9 - 1, 1e9]);
  });

  test('refuses what leads nowhere', () => {
    expect(() => new RangeObject(0, 5, -1)).toThrow(invalid);
    expect(() => new RangeObject(0, NaN)).toThrow(invalid);
    expect(() => new RangeObject({ start: 0 } as never)).toThrow(invalid);
    expect(() => new RangeObject(null as never)).toThrow(invalid);
  });
});

test('a part of a range with more numbers than an array may have is refused, however few its groups are', () => {
  const groups = new RangeObject(1, 2 * ARRAY_LENGTH_MAX, 1, RANGE_GROUP_MAX);
  const most = ARRAY_LENGTH_MAX / RANGE_GROUP_MAX;
  expect(() => groups.slice(0, most + 1)).toThrow(invalid);
  expect(() => groups.toArray()).toThrow(invalid);
});
