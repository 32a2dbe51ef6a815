import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addSample,
  medianSliceMs,
  reportedSlices,
  profiledSliceMs,
  type SliceProfile,
  type WorkerProfile,
} from './slice-profile.js';

const after = (before: WorkerProfile, reports: number, ms: number, slices: number): number => {
  let learned = before;
  for (let i = 0; i < reports; i++) learned = addSample(learned, 'w', ms, slices)!;
  return medianSliceMs([learned])!;
};
/** A profile of workers a, b, c … whose slices take these milliseconds. */
const of = (...means: number[]): SliceProfile =>
  means.map((ms, i) => addSample(undefined, 'abcdefgh'[i]!, ms * 10, 10)!);

test('a slice profile has no estimate at first, and takes the first report unchanged', () => {
  expect(medianSliceMs([])).toBeUndefined();
  expect(profiledSliceMs([], 'w')).toBeUndefined();
  expect(medianSliceMs([addSample(undefined, 'w', 30, 10)!])).toBe(3);
});

test('a slice profile ignores reports without slices, with a negative time or with NaN', () => {
  const known = addSample(undefined, 'w', 30, 10);
  for (const [ms, slices] of [
    [5, 0],
    [-1, 5],
    [NaN, 5],
  ] as const)
    for (const before of [known, undefined]) expect(addSample(before, 'w', ms, slices)).toBe(before);
});

test('a slice profile follows slices that become slower, and is not changed much by a single short report', () => {
  const light = { workerId: 'w', ms: 10_000, slices: 10_000, total: 10_000 };
  expect(after(light, 60, 1_000, 10)).toBeGreaterThan(30);
  expect(after(light, 1, 100, 1)).toBeLessThan(1.1);
});

test('a slice profile takes the median of workers, so that one worker moves it at most to the adjacent value', () => {
  expect(medianSliceMs(of(10, 0, 12))).toBe(10);
  expect(medianSliceMs(of(10, 1e9, 12))).toBe(12);
  expect(medianSliceMs(of(10, 0))).toBe(10);
});

test("a slice profile uses a worker's own mean, clamped by the median of the others", () => {
  expect(profiledSliceMs(of(20, 10, 10), 'a')).toBe(20);
  expect(profiledSliceMs(of(0, 80, 80), 'a')).toBe(10);
  expect(profiledSliceMs(of(1e9, 10, 10), 'a')).toBe(80);
  expect(profiledSliceMs(of(7), 'a')).toBe(7);
  expect(profiledSliceMs(of(7), 'another')).toBe(7);
});

test('a slice profile counts all slices that a worker has reported, also old ones', () => {
  const before = addSample(undefined, 'w', 1e6, 100);
  const profile = [addSample(before, 'w', 1e6, 5)!];
  expect([reportedSlices(profile, 'w'), reportedSlices(profile, 'another')]).toEqual([105, 0]);
});

test('the mean lies between the previous mean and the reported one', () => {
  const positive = fc.double({ min: 0.001, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      positive,
      positive,
      positive,
      fc.integer({ min: 1, max: 65_536 }),
      (ms, slices, more, count) => {
        const mean = after({ workerId: 'w', ms, slices, total: 1 }, 1, more, count);
        const [low, high] = [ms / slices, more / count].sort((a, b) => a - b) as [number, number];
        expect(mean).toBeGreaterThanOrEqual(low * 0.999_999);
        expect(mean).toBeLessThanOrEqual(high * 1.000_001);
      },
    ),
  );
});
