import { expect, it } from 'vitest';
import { mapProgressLine } from './progress.js';

it('the line has the counts, the rate, the workers and the time', () => {
  const counts = { done: 12_345, failed: 0, workers: 1, total: undefined };
  expect(mapProgressLine(counts, 2_000, 80)).toBe('12,345 done  6,173/s  1 worker  2.0 s');
  expect(mapProgressLine({ ...counts, failed: 2, total: 20_000, workers: 3 }, 2_000, 80)).toBe(
    '12,345 of 20,000 done  2 failed  6,173/s  3 workers  2.0 s',
  );
});

it('it is cut where the terminal is narrow', () => {
  const counts = { done: 1, failed: 0, workers: 0, total: undefined };
  expect(mapProgressLine(counts, 0, 10)).toHaveLength(10);
});
