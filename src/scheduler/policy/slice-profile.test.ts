import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  learn,
  medianSliceMs,
  slicesOf,
  sliceMsFor,
  type SliceProfile,
  type WorkerProfile,
} from './slice-profile.js';

const after = (before: WorkerProfile, reports: number, ms: number, slices: number): number => {
  let learned = before;
  for (let i = 0; i < reports; i++) learned = learn(learned, 'w', ms, slices)!;
  return medianSliceMs([learned])!;
};
/** A profile of workers a, b, c … whose slices take these milliseconds. */
const of = (...means: number[]): SliceProfile =>
  means.map((ms, i) => learn(undefined, 'abcdefgh'[i]!, ms * 10, 10)!);

test('knows nothing at first, and the first report as it is', () => {
  expect(medianSliceMs([])).toBeUndefined();
  expect(sliceMsFor([], 'w')).toBeUndefined();
  expect(medianSliceMs([learn(undefined, 'w', 30, 10)!])).toBe(3);
});

test('ignores reports of no slices, of negative time and of no number', () => {
  const known = learn(undefined, 'w', 30, 10);
  for (const [ms, slices] of [
    [5, 0],
    [-1, 5],
    [NaN, 5],
  ] as const)
    for (const before of [known, undefined]) expect(learn(before, 'w', ms, slices)).toBe(before);
});

test('follows slices that grow heavier, and believes no single short report', () => {
  const light = { workerId: 'w', ms: 10_000, slices: 10_000, total: 10_000 };
  expect(after(light, 60, 1_000, 10)).toBeGreaterThan(30);
  expect(after(light, 1, 100, 1)).toBeLessThan(1.1);
});

test('takes the median of workers, so that one of them moves it by no more than to its neighbour', () => {
  expect(medianSliceMs(of(10, 0, 12))).toBe(10);
  expect(medianSliceMs(of(10, 1e9, 12))).toBe(12);
  expect(medianSliceMs(of(10, 0))).toBe(10);
});

test('believes a worker about itself, near to what the others show', () => {
  expect(sliceMsFor(of(20, 10, 10), 'a')).toBe(20);
  expect(sliceMsFor(of(0, 80, 80), 'a')).toBe(10);
  expect(sliceMsFor(of(1e9, 10, 10), 'a')).toBe(80);
  expect(sliceMsFor(of(7), 'a')).toBe(7);
  expect(sliceMsFor(of(7), 'another')).toBe(7);
});

test('counts all slices that a worker has reported, however old', () => {
  const before = learn(undefined, 'w', 1e6, 100);
  const profile = [learn(before, 'w', 1e6, 5)!];
  expect([slicesOf(profile, 'w'), slicesOf(profile, 'another')]).toEqual([105, 0]);
});

test('a mean lies between what was known and what is reported', () => {
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
