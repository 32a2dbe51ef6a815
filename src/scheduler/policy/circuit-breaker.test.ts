import { expect, test } from 'vitest';
import { FIRST_FAILURES_MAX } from '../../protocol/limits.js';
import { shouldStopJob, type SliceCounts } from './circuit-breaker.js';

const N = FIRST_FAILURES_MAX;

test.each<[string, Partial<SliceCounts>, boolean]>([
  ['whose first slices failed', {}, true],
  ['of which one less failed', { failed: N - 1 }, false],
  ['with one result', { accepted: 1 }, false],
  ['with one result and hundreds of failures', { accepted: 1, failed: 999 }, false],
  ['that has come to its end by itself', { total: N }, false],
  ['of fewer slices', { total: 3, failed: 3 }, false],
  ['all of whose slices so far failed, and that takes more', { total: N, open: true }, true],
  ['with more leases at work than failures', { leases: N + 1 }, false],
  ['with as many leases at work as failures', { leases: 3 * N, failed: 3 * N }, true],
])('a job %s is stopped: %s', (_, counts, is) => {
  const base = { open: false, total: 1_000, accepted: 0, failed: N, leases: 2 };
  expect(shouldStopJob({ ...base, ...counts })).toBe(is);
});
