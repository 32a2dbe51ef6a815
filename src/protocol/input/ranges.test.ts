import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JOB_SLICES_MAX, RANGE_GROUP_MAX } from '../limits.js';
import { Mismatch } from '../schema/check.js';
import { rangeInput, rangeValues, type RangeInput } from '../messages/range-inputs.js';
import { rangeDatum, rangeFromBounds, sliceRange } from './ranges.js';

const data = (range: RangeInput): (number | number[])[] =>
  Array.from({ length: range.count }, (_, i) => rangeDatum(range, i));
const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error;

test('a range has at most as many slices as a job, and a part of it has no group where the whole has none', () => {
  const range = { kind: 'range', start: 1, step: 0, count: JOB_SLICES_MAX };
  expect(rangeInput(range)).toEqual(range);
  expect(() => rangeInput({ ...range, offset: 1 })).toThrow(Mismatch);
  expect(sliceRange(rangeFromBounds(1, 9), 2, 3)).toStrictEqual({
    kind: 'range',
    start: 3,
    step: 1,
    count: 3,
  });
});

test('a large number to itself is one value, with whatever step', () => {
  expect(rangeFromBounds(1e17, 1e17, 0.5).count).toBe(1);
  expect(() => rangeFromBounds(1e17, 1e17 + 16, 0.5)).toThrow(invalid);
});

describe('bounds', () => {
  test.each<[number, number, number | undefined, number[]]>([
    [1, 3, undefined, [1, 2, 3]],
    [3, 1, -1, [3, 2, 1]],
    [5, 5, undefined, [5]],
    [5, 5, -3, [5]],
    [0, 10, 5, [0, 5, 10]],
    [0, 9, 5, [0, 5]],
    [0, 4, 5, [0]],
    [-1, -4, -2, [-1, -3]],
    [-3, 3, 3, [-3, 0, 3]],
    [0.5, 2.5, undefined, [0.5, 1.5, 2.5]],
    [0, 1, 0.25, [0, 0.25, 0.5, 0.75, 1]],
  ])('%s to %s by %s', (start, end, step, expected) => {
    expect(data(rangeFromBounds(start, end, step))).toEqual(expected);
  });

  test.each([
    [0, -1],
    [10, 1],
  ])('%s to %s without a step is refused: an empty range must not count down', (start, end) => {
    expect(() => rangeFromBounds(start, end)).toThrow(/name a negative `step`/);
  });

  test('fractions reach their end however they are rounded, and are never summed up', () => {
    for (let n = 1; n <= 2_000; n++) {
      const range = rangeFromBounds(0, n / 10, 0.1);
      expect(range.count, `0 to ${n / 10} by 0.1`).toBe(n + 1);
      expect(rangeFromBounds(n / 100, (3 * n) / 100, 0.01).count, `${n / 100} to ${(3 * n) / 100}`).toBe(
        2 * n + 1,
      );
    }
    expect(rangeDatum(rangeFromBounds(0, 1, 0.1), 3)).toBe(3 * 0.1);
    expect(rangeFromBounds(0, 0.99, 0.1).count).toBe(10);
    expect(rangeFromBounds(0, 1.05, 0.1).count).toBe(11);
    expect(rangeFromBounds(1e6 + 0.1, 1e6 + 0.7, 0.1).count).toBe(7);
  });

  test('a start of −0 is 0, which JSON keeps', () => {
    expect(rangeFromBounds(-0, 2).start).toBe(0);
    expect(rangeFromBounds(-0, 2, 1, 2).start).toBe(0);
  });

  test('a billion slices are five numbers, at once', () => {
    const range = rangeFromBounds(1, 1e9);
    expect(range).toEqual({ kind: 'range', start: 1, step: 1, count: 1e9 });
    expect(rangeDatum(range, 1e9 - 1)).toBe(1e9);
    expect(rangeFromBounds(0, Number.MAX_SAFE_INTEGER, 3).count).toBe((Number.MAX_SAFE_INTEGER - 1) / 3 + 1);
    expect(rangeFromBounds(1, JOB_SLICES_MAX).count).toBe(JOB_SLICES_MAX);
  });

  test.each<[unknown, unknown, unknown, unknown]>([
    [0, 1, 0, undefined],
    [0, 1, -1, undefined],
    [1, 0, 1, undefined],
    [NaN, 1, 1, undefined],
    [0, Infinity, 1, undefined],
    [0, 1, NaN, undefined],
    ['0', 1, 1, undefined],
    [0, undefined, 1, undefined],
    [0, 1, 1, 0],
    [0, 1, 1, 1.5],
    [0, 1, 1, -2],
    [0, 1, 1, '2'],
    [0, 1, 1, RANGE_GROUP_MAX + 1],
    [0, JOB_SLICES_MAX, 1, undefined],
    [0, 1, 1e-300, undefined],
    [-1.7e308, 1.7e308, 1, undefined],
    [1e20, 1e20 + 1e5, 1, undefined],
    [1 / 3, 1e15, 1e-3, undefined],
  ])('%s to %s by %s in groups of %s is refused', (start, end, step, group) => {
    expect(() => rangeFromBounds(start as number, end as number, step as number, group as number)).toThrow(
      invalid,
    );
  });
});

describe('groups', () => {
  test('each datum is an array, the last one may be shorter, one number is an array too', () => {
    expect(data(rangeFromBounds(1, 7, 1, 3))).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect(data(rangeFromBounds(1, 2, 1, 1))).toEqual([[1], [2]]);
    expect(data(rangeFromBounds(1, 2, 1, 10))).toEqual([[1, 2]]);
    expect(rangeFromBounds(1, 7, 1, 3)).toMatchObject({ count: 3, group: 3, values: 7 });
    expect(rangeFromBounds(1, 6, 1, 3)).toEqual({ kind: 'range', start: 1, step: 1, count: 2, group: 3 });
    expect(rangeValues(rangeFromBounds(1, 6, 1, 3))).toBe(6);
  });
});

describe('a datum', () => {
  test('has to be there', () => {
    const range = rangeFromBounds(1, 3);
    for (const index of [-1, 3, 0.5, NaN, Infinity]) expect(() => rangeDatum(range, index)).toThrow(invalid);
  });
});

const anyRange = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: -1_000, max: 1_000 }),
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
      fc.maxSafeInteger(),
    ),
    fc.oneof(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0.001, max: 50, noNaN: true })),
    fc.integer({ min: 1, max: 60 }),
    fc.boolean(),
    fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
  )
  .map(([start, stride, values, down, group]) => {
    const step = down ? -stride : stride;
    const count = group === undefined ? values : Math.ceil(values / group);
    const range: RangeInput = { kind: 'range', start: start + 0, step, count };
    if (group !== undefined) range.group = group;
    if (group !== undefined && values % group !== 0) range.values = values;
    return range;
  });

describe('cutting', () => {
  test('a cut of a cut has the very data of the whole, and is sound', () => {
    fc.assert(
      fc.property(anyRange, fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100), (range, a, b, c, d) => {
        const pick = (whole: RangeInput, from: number, count: number): [number, number] => {
          const first = from % whole.count;
          return [first, 1 + (count % (whole.count - first))];
        };
        const outer = pick(range, a, b);
        const part = sliceRange(range, ...outer);
        expect(rangeInput(part)).toEqual(part);
        expect(data(part)).toEqual(data(range).slice(outer[0], outer[0] + outer[1]));
        const inner = pick(part, c, d);
        const again = sliceRange(part, ...inner);
        expect(rangeInput(again)).toEqual(again);
        expect(data(again)).toEqual(data(part).slice(inner[0], inner[0] + inner[1]));
        expect(data(JSON.parse(JSON.stringify(again)) as RangeInput)).toEqual(data(again));
      }),
      { numRuns: 2_000 },
    );
  });

  test('whole numbers move their start, fractions keep it', () => {
    expect(sliceRange(rangeFromBounds(1, 1e9), 10, 5)).toEqual({
      kind: 'range',
      start: 11,
      step: 1,
      count: 5,
    });
    const tenths = rangeFromBounds(0, 10, 0.1);
    expect(sliceRange(tenths, 3, 90)).toEqual({ kind: 'range', start: 0, step: 0.1, count: 90, offset: 3 });
    expect(sliceRange(sliceRange(tenths, 3, 90), 4, 1).offset).toBe(7);
    expect(sliceRange(tenths, 0, 5)).toEqual({ kind: 'range', start: 0, step: 0.1, count: 5 });
  });

  test('what is cut has to be there', () => {
    const range = rangeFromBounds(1, 10);
    for (const [from, count] of [
      [0, 11],
      [10, 1],
      [0, 0],
      [-1, 2],
      [0.5, 1],
      [NaN, 1],
    ] as const) {
      expect(() => sliceRange(range, from, count), `${from}, ${count}`).toThrow(invalid);
    }
  });
});

describe('a range from a stranger', () => {
  const sound: RangeInput = { kind: 'range', start: 0, step: 1, count: 3, group: 2, values: 5, offset: 4 };

  test('is sound when its numbers agree', () => {
    expect(rangeInput(sound)).toEqual(sound);
    expect(() => rangeInput({ kind: 'range', start: 0, step: 0, count: 3 })).not.toThrow();
  });

  test.each<Partial<RangeInput>>([
    { start: NaN },
    { step: Infinity },
    { count: 0 },
    { count: 1.5 },
    { count: 2 },
    { group: 0 },
    { group: 1 },
    { group: RANGE_GROUP_MAX + 1, values: undefined },
    { group: undefined },
    { values: 0 },
    { values: 7 },
    { values: 4 },
    { values: 4.5 },
    { offset: -1 },
    { offset: 0.5 },
    { offset: JOB_SLICES_MAX },
    { start: 1e308, step: 1e308 },
  ])('is not with %o', (change) => {
    expect(() => rangeInput({ ...sound, ...change })).toThrow(Mismatch);
  });
});
