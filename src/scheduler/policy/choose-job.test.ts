import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WorkerDescription } from '../../protocol/messages.js';
import { candidate } from '../../testing/fake-lender.js';
import { chooseJob, isEligible, type Candidate } from './choose-job.js';

const worker = (change: Partial<WorkerDescription> = {}): WorkerDescription => ({
  workerId: 'w',
  worktimes: [{ name: 'map-basic', version: '1.2.0' }],
  isolation: 'thread',
  sandboxes: 1,
  ...change,
});
const secret = (digit: string): string => digit.repeat(64);
const lab = { key: 'lab', secretHash: secret('1') };

test.each<[string, Partial<Candidate>, Partial<WorkerDescription>, boolean]>([
  ['anybody’s', {}, {}, true],
  ['another worktime', { worktime: 'pyodide' }, {}, false],
  ['a version out of range', { worktimeRange: '^2.0.0' }, {}, false],
  ['a range that is none', { worktimeRange: 'nonsense' }, {}, false],
  ['a worker version that is none', {}, { worktimes: [{ name: 'map-basic', version: 'x' }] }, false],
  ['a worker of other owners', {}, { owners: ['0x0'] }, false],
  ['a worker of no owners', {}, { owners: [] }, false],
  ['a worker of other jobs', {}, { jobs: ['another'] }, false],
  ['a worker of this job', {}, { jobs: ['a job'] }, true],
  ['a worker that blocks the job', {}, { blockedJobs: ['a job'] }, false],
  ['a worker that blocks the owner', { owner: '0x7' }, { blockedOwners: ['0x7'] }, false],
  ['a worker that blocks others', {}, { blockedJobs: ['another'], blockedOwners: ['0x8'] }, true],
  ['less than the worker takes', { price: 4n }, { minimumPrice: 5n }, false],
  ['what the worker takes', { price: 5n }, { minimumPrice: 5n }, true],
  ['a private group to the public', { groups: [lab] }, {}, false],
  ['a private group to its members', { groups: [lab] }, { groups: [lab] }, true],
  [
    'a private group to a wrong secret',
    { groups: [lab] },
    { groups: [{ ...lab, secretHash: secret('2') }] },
    false,
  ],
  ['a private group to no secret', { groups: [lab] }, { groups: [{ key: 'lab' }] }, false],
  ['the public to members of a group alone', {}, { groups: [lab] }, false],
  ['one of two groups', { groups: [{ key: 'x' }, lab] }, { groups: [{ key: 'y' }, lab] }, true],
])('who may run %s', (_, job, description, is) => {
  expect(isEligible(candidate(job), worker(description))).toBe(is);
});

const job = (jobId: string, leases: number, createdMs = 0): Candidate =>
  candidate({ jobId, leases, createdMs });

test('takes the job with the fewest leases, and of those the oldest', () => {
  expect(chooseJob([job('a', 2), job('b', 1, 9), job('c', 1, 5)], worker(), undefined)?.jobId).toBe('c');
  expect(chooseJob([], worker(), undefined)).toBeUndefined();
});

test.each([
  [3, 'warm'],
  [4, 'cold'],
])('keeps a warm sandbox at its job while that is about fair: %i leases against one', (leases, chosen) => {
  expect(chooseJob([job('cold', 1), job('warm', leases)], worker(), 'warm')?.jobId).toBe(chosen);
});

test('takes an eligible job wherever there is one, and no other', () => {
  const jobs = fc.array(fc.record({ leases: fc.nat(5), createdMs: fc.nat(5), mine: fc.boolean() }));
  fc.assert(
    fc.property(jobs, fc.nat(9), (list, warm) => {
      const candidates = list.map(({ mine, ...rest }, i) =>
        candidate({ jobId: `${i}`, ...rest, groups: mine ? [{ key: 'public' }] : [lab] }),
      );
      const chosen = chooseJob(candidates, worker(), `${warm}`);
      expect(chosen === undefined).toBe(!list.some(({ mine }) => mine));
      if (chosen !== undefined) expect(isEligible(chosen, worker())).toBe(true);
    }),
  );
});
