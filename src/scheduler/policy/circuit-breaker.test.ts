import { expect, test } from 'vitest';
import { FIRST_FAILURES_MAX } from '../../protocol/limits.js';
import { shouldStopJob, type SliceCounts } from './circuit-breaker.js';

const N = FIRST_FAILURES_MAX;

test.each<[string, Partial<SliceCounts>, boolean]>([
  ['whose first slices failed', {}, true],
  ['with one failure less than the limit', { failed: N - 1 }, false],
  ['with one result', { accepted: 1 }, false],
  ['with one result and hundreds of failures', { accepted: 1, failed: 999 }, false],
  ['that has no slices left', { total: N }, false],
  ['with fewer slices than the limit', { total: 3, failed: 3 }, false],
  ['whose slices all failed and that is open for more', { total: N, open: true }, true],
  ['with more active leases than failures', { leases: N + 1 }, false],
  ['with as many active leases as failures', { leases: 3 * N, failed: 3 * N }, true],
])('a job %s is stopped: %s', (_, counts, is) => {
  const base = { open: false, total: 1_000, accepted: 0, failed: N, leases: 2 };
  expect(shouldStopJob({ ...base, ...counts })).toBe(is);
});
