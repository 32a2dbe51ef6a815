import { expect, test } from 'vitest';
import { OfferedJobs } from './offered-jobs.js';

test('forgets which jobs were offered where they are too many, those first that were offered longest ago', () => {
  const offered = new OfferedJobs();
  for (let i = 0; i < 1_024; i++) offered.add(`job ${i}`);
  offered.add('job 0');
  offered.add('one more');
  expect(['job 0', 'job 1', 'job 2', 'one more'].map((id) => offered.has(id))).toEqual([
    true,
    false,
    true,
    true,
  ]);
});
