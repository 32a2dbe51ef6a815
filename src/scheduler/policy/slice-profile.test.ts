import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMPTY_PROFILE, learn, meanSliceMs, type SliceProfile } from './slice-profile.js';

const after = (profile: SliceProfile, reports: number, ms: number, slices: number): number => {
  let learned = profile;
  for (let i = 0; i < reports; i++) learned = learn(learned, ms, slices);
  return meanSliceMs(learned)!;
};

test('knows nothing at first, and the first report as it is', () => {
  expect(meanSliceMs(EMPTY_PROFILE)).toBeUndefined();
  expect(meanSliceMs(learn(EMPTY_PROFILE, 30, 10))).toBe(3);
});

test('ignores reports of no slices, of negative time and of no number', () => {
  const known = learn(EMPTY_PROFILE, 30, 10);
  for (const [ms, slices] of [
    [5, 0],
    [-1, 5],
    [NaN, 5],
  ] as const)
    expect(learn(known, ms, slices)).toBe(known);
});

test('follows slices that grow heavier, and believes no single short report', () => {
  const light = { ms: 10_000, slices: 10_000 };
  expect(after(light, 60, 1_000, 10)).toBeGreaterThan(30);
  expect(after(light, 1, 100, 1)).toBeLessThan(1.1);
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
        const mean = meanSliceMs(learn({ ms, slices }, more, count))!;
        const [low, high] = [ms / slices, more / count].sort((a, b) => a - b) as [number, number];
        expect(mean).toBeGreaterThanOrEqual(low * 0.999_999);
        expect(mean).toBeLessThanOrEqual(high * 1.000_001);
      },
    ),
  );
});
