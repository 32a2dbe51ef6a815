import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../lib/crypto/random.js';
import { MULTI_RANGES_MAX, SPARSE_RANGES_MAX, SPARSE_RANGES_TOTAL_MAX } from '../limits.js';
import { input as inputCheck } from '../messages/inputs.js';
import type { DescribedInput } from '../messages/messages.js';
import { Mismatch } from '../schema/check.js';
import { MultiRangeObject, SparseRangeObject } from './combined-ranges.js';
import { describedDatum, sliceDescribed } from './described-inputs.js';
import { createStats } from './distribution-range.js';
import { RangeObject } from './input-sets.js';
import { descriptionOf, readRangesForm } from './range-forms.js';

const { set } = createStats(systemRandom);
const refusal = (code: string, text: RegExp): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(text) as string }) as Error;

describe('all combinations', () => {
  test('the right-most range moves fastest, and a datum is one array', () => {
    const grid = new MultiRangeObject({ start: 0, end: 1 }, new RangeObject(5, 7));
    expect(grid.length).toBe(6);
    expect(grid.toArray()).toEqual([
      [0, 5],
      [0, 6],
      [0, 7],
      [1, 5],
      [1, 6],
      [1, 7],
    ]);
    expect(new MultiRangeObject([{ start: 1, end: 2 }]).toArray()).toEqual([[1], [2]]);
    expect(new MultiRangeObject(grid.toObject()).slice(-1)).toEqual([[1, 7]]);
  });

  test('of grouped ranges, sparse ranges and distributions', () => {
    const grid = new MultiRangeObject(
      { start: 1, end: 3, group: 2 },
      {
        sparse: [
          { start: 10, end: 10 },
          { start: 20, end: 21 },
        ],
      },
      set.identity(2),
    );
    expect(grid.length).toBe(12);
    expect(grid.nthValue(0)).toEqual([[1, 2], 10, 0]);
    expect(grid.nthValue(11)).toEqual([[3], 21, 1]);
    expect(() => grid.nthValue(12)).toThrow(refusal('INVALID_ARGUMENT', /none at index 12/));
  });

  test('a thousand million are described, not listed', () => {
    const grid = new MultiRangeObject(
      { start: 1, end: 1_000 },
      { start: 1, end: 1_000 },
      { start: 1, end: 1_000 },
    );
    expect(grid.length).toBe(1e9);
    expect(grid.nthValue(123_456_789)).toEqual([124, 457, 790]);
    expect(() => grid.toArray()).toThrow(refusal('INVALID_ARGUMENT', /too many/));
    expect(JSON.stringify(descriptionOf(grid)).length).toBeLessThan(300);
  });
});

describe('one range after another', () => {
  test('has the data of each in turn', () => {
    const sparse = new SparseRangeObject({ start: 1, end: 3 }, { start: 10, end: 30, step: 10 });
    expect(sparse.toArray()).toEqual([1, 2, 3, 10, 20, 30]);
    expect(new SparseRangeObject(sparse.toObject()).filter((n) => n > 3)).toEqual([10, 20, 30]);
    const grouped = new SparseRangeObject({ start: 1, end: 3, group: 2 }, { start: 9, end: 9, group: 2 });
    expect(grouped.toArray()).toEqual([[1, 2], [3], [9]]);
  });

  test('more ranges than one input may have are sent as several', () => {
    const ranges = Array.from({ length: SPARSE_RANGES_MAX + 2 }, (_, i) => ({
      start: 10 * i,
      end: 10 * i + 1,
    }));
    const sparse = new SparseRangeObject(ranges);
    expect(descriptionOf(sparse)).toMatchObject([{ count: 2 * SPARSE_RANGES_MAX }, { count: 4 }]);
    expect(sparse.toArray()).toEqual(ranges.flatMap(({ start }) => [start, start + 1]));
    expect(() => new MultiRangeObject(sparse, { start: 1, end: 2 })).toThrow(/ranges\[0\].*more than/);
  });
});

describe('the object forms', () => {
  test('are the classes, also as they come back from JSON', () => {
    const ranges = [
      { start: 1, end: 2 },
      { start: 5, end: 6 },
    ] as const;
    expect(readRangesForm({ ranges })).toEqual(descriptionOf(new MultiRangeObject(...ranges)));
    expect(readRangesForm({ sparse: ranges })).toEqual(descriptionOf(new SparseRangeObject(...ranges)));
    expect(readRangesForm({ sparse: true, ranges })).toEqual(readRangesForm({ sparse: ranges }));
    const json = JSON.parse(JSON.stringify(new MultiRangeObject(...ranges))) as object;
    expect(readRangesForm(json)).toEqual(readRangesForm({ ranges }));
  });

  const one = { start: 1, end: 2 };
  test.each<[string, object, string, RegExp]>([
    ['both', { ranges: [one], sparse: [one] }, 'INVALID_ARGUMENT', /not both/],
    ['nothing in the list', { ranges: [] }, 'INVALID_ARGUMENT', /at least one range/],
    ['no list', { sparse: one }, 'INVALID_ARGUMENT', /must be an array/],
    [
      'a list in the list',
      { ranges: [one, [1, 2]] },
      'INVALID_ARGUMENT',
      /ranges\[1\].*range of its indices/,
    ],
    ['a number in the list', { ranges: [3] }, 'INVALID_ARGUMENT', /ranges\[0\]/],
    ['no range in the list', { ranges: [{ start: 1 }] }, 'INVALID_ARGUMENT', /ranges\[0\].*`end`/],
    ['an unknown name', { ranges: [one], group: 2 }, 'UNKNOWN_OPTION', /group/],
    ['an unknown name in a range', { ranges: [{ ...one, stepp: 2 }] }, 'UNKNOWN_OPTION', /step/],
    ['combinations of combinations', { ranges: [{ ranges: [one] }] }, 'INVALID_ARGUMENT', /in its place/],
    [
      'groups that differ',
      { sparse: [one, { ...one, group: 2 }] },
      'INVALID_ARGUMENT',
      /sparse\[1\] has group 2/,
    ],
    ['a distribution', { sparse: [set.identity(2)] }, 'INVALID_ARGUMENT', /sparse\[0\] must be a range/],
    ['too many slices', { ranges: Array(6).fill({ start: 1, end: 1e3 }) }, 'INVALID_ARGUMENT', /at most/],
    ['too many ranges', { ranges: Array(MULTI_RANGES_MAX + 1).fill(one) }, 'LIMIT_EXCEEDED', /at most 16/],
    ['too many', { sparse: Array(SPARSE_RANGES_TOTAL_MAX + 1).fill(one) }, 'LIMIT_EXCEEDED', /at most 65536/],
  ])('refuse %s', (_what, form, code, text) => {
    expect(() => readRangesForm(form)).toThrow(refusal(code, text));
  });
});

const anyBounds = fc
  .tuple(fc.integer({ min: -50, max: 50 }), fc.nat(6), fc.constantFrom(1, 2, 0.1))
  .map(([start, span, step]) => ({ start, end: start + span, step }));
const anyInput: fc.Arbitrary<DescribedInput> = fc.oneof(
  fc.array(anyBounds, { minLength: 1, maxLength: 4 }).map((sparse) => readRangesForm({ sparse })[0]!),
  fc.array(anyBounds, { minLength: 1, maxLength: 3 }).map((ranges) => readRangesForm({ ranges })[0]!),
  fc.integer({ min: 1, max: 30 }).map((n) => descriptionOf(set.random(n, 0, 9))![0]!),
  fc
    .tuple(anyBounds, fc.integer({ min: 1, max: 4 }))
    .map(([bounds, n]) => readRangesForm({ ranges: [{ sparse: [bounds, bounds] }, set.normalRNG(n)] })[0]!),
);

test('a cut of a cut has the very data of the whole, is sound, and survives JSON', () => {
  const data = (whole: DescribedInput): unknown[] =>
    Array.from({ length: whole.count }, (_, i) => describedDatum(whole, i));
  fc.assert(
    fc.property(anyInput, fc.nat(), fc.nat(), fc.nat(), fc.nat(), (whole, a, b, c, d) => {
      expect(inputCheck(whole)).toEqual(whole);
      const cut = (from: DescribedInput, at: number, size: number): [DescribedInput, number, number] => {
        const first = at % from.count;
        const count = 1 + (size % (from.count - first));
        return [sliceDescribed(from, first, count), first, count];
      };
      const [part, first, count] = cut(whole, a, b);
      expect(inputCheck(part)).toEqual(part);
      expect(data(part)).toEqual(data(whole).slice(first, first + count));
      const [again, from, length] = cut(part, c, d);
      expect(inputCheck(again)).toEqual(again);
      expect(data(JSON.parse(JSON.stringify(again)) as DescribedInput)).toEqual(
        data(part).slice(from, from + length),
      );
    }),
    { numRuns: 1_000 },
  );
});

test('descriptions that do not agree are refused when they are received', () => {
  const range = { kind: 'range', start: 1, step: 1, count: 3 };
  for (const wrong of [
    { kind: 'multi-range', ranges: [], count: 1 },
    { kind: 'multi-range', ranges: [range, range], count: 10 },
    { kind: 'multi-range', ranges: [range, range], count: 9, offset: 1 },
    { kind: 'multi-range', ranges: [{ kind: 'multi-range', ranges: [range], count: 3 }], count: 3 },
    { kind: 'multi-range', ranges: Array(MULTI_RANGES_MAX + 1).fill({ ...range, count: 1 }), count: 1 },
    { kind: 'sparse-range', ranges: [], count: 1 },
    { kind: 'sparse-range', ranges: [range], count: 4 },
    { kind: 'sparse-range', ranges: [range, { ...range, group: 1 }], count: 6 },
    { kind: 'distribution', name: 'random', size: 3, params: [0, 1], count: 3 },
    { kind: 'distribution', name: 'random', size: 3, params: [0, 1], seed: 1, count: 4 },
    { kind: 'distribution', name: 'random', size: 3, params: [0], seed: 1, count: 3 },
    { kind: 'distribution', name: 'constructor', size: 3, params: [], count: 3 },
    { kind: 'distribution', name: 'identity', size: 3, params: [], seed: 1, count: 3 },
  ]) {
    expect(() => inputCheck(wrong), JSON.stringify(wrong)).toThrow(Mismatch);
  }
});
