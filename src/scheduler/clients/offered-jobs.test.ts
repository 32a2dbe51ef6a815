import { expect, test } from 'vitest';
import { OfferedJobs } from './offered-jobs.js';

test('the list of offered jobs keeps a bounded number of offered jobs, and drops the one that was offered longest ago', () => {
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
