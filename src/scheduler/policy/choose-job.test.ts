import fc from 'fast-check';
import semver from 'semver';
import { expect, test, vi } from 'vitest';
import { newId } from '../../lib/crypto/ids.js';
import type { WarmState, WorkerDescription } from '../../protocol/messages/messages.js';
import { candidate } from '../../testing/worker/fake-lease-store.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import {
  chooseJob,
  isEligible,
  isFairShareLease,
  WARM_JOB_ADVANTAGE,
  WARM_RUNTIME_ADVANTAGE,
} from './choose-job.js';
import type { Candidate } from './choose-job.js';

const worker = (change: Partial<WorkerDescription> = {}): WorkerDescription => ({
  workerId: 'w',
  worktimes: [{ name: 'map-basic', version: '1.2.0' }],
  sandboxHost: 'thread',
  sandboxes: 1,
  ...change,
});
const addressOf = (digit: string): string => `0x${digit.repeat(40)}`;
const lab = { key: 'lab', address: addressOf('1') };

test.each<[string, Partial<Candidate>, Partial<WorkerDescription>, boolean]>([
  ['a worker and a job without restrictions', {}, {}, true],
  ['another worktime', { worktime: 'pyodide' }, {}, false],
  ['a version out of range', { worktimeRange: '^2.0.0' }, {}, false],
  ['an invalid version range', { worktimeRange: 'nonsense' }, {}, false],
  ['an invalid worktime version', {}, { worktimes: [{ name: 'map-basic', version: 'x' }] }, false],
  ['a worker of other owners', {}, { owners: ['0x0'] }, false],
  ['a worker of no owners', {}, { owners: [] }, false],
  ['a worker of other jobs', {}, { jobs: ['another'] }, false],
  ['a worker of this job', {}, { jobs: ['a job'] }, true],
  ['a worker that blocks the job', {}, { blockedJobs: ['a job'] }, false],
  ['a worker that blocks the owner', { owner: '0x7' }, { blockedOwners: ['0x7'] }, false],
  ['a worker that blocks others', {}, { blockedJobs: ['another'], blockedOwners: ['0x8'] }, true],
  ['a price below the worker’s minimum', { price: 4n }, { minimumPrice: 5n }, false],
  ['a price at the worker’s minimum', { price: 5n }, { minimumPrice: 5n }, true],
  ['a private group to the public', { groups: [lab] }, {}, false],
  ['a private group to its members', { groups: [lab] }, { groups: [lab] }, true],
  [
    'a private group to a wrong secret',
    { groups: [lab] },
    { groups: [{ ...lab, address: addressOf('2') }] },
    false,
  ],
  ['a private group to no secret', { groups: [lab] }, { groups: [{ key: 'lab' }] }, false],
  ['the public to members of a group alone', {}, { groups: [lab] }, false],
  ['one of two groups', { groups: [{ key: 'x' }, lab] }, { groups: [{ key: 'y' }, lab] }, true],
  ['input from elsewhere, to who allows nothing', { origins: ['https://a.example'] }, {}, false],
  [
    'input from two places, to who allows one',
    { origins: ['https://a.example', 'https://b.example'] },
    { allowOrigins: ['https://b.example'] },
    false,
  ],
  [
    'input from places that are all allowed',
    { origins: ['https://a.example', 'https://b.example'] },
    { allowOrigins: ['https://b.example', 'https://c.example', 'https://a.example'] },
    true,
  ],
])('who may run %s', (_, job, description, is) => {
  expect(isEligible(candidate(job), worker(description))).toBe(is);
});

const job = (jobId: string, leases: number, createdMs = 0): Candidate =>
  candidate({ jobId, leases, createdMs });

test('the choice of a job chooses the job with the fewest leases, and the oldest of those', () => {
  expect(chooseJob([job('a', 2), job('b', 1, 9), job('c', 1, 5)], worker(), {})?.jobId).toBe('c');
  expect(chooseJob([], worker(), {})).toBeUndefined();
});

test.each([
  [3, 'warm'],
  [4, 'cold'],
])(
  'the choice of a job keeps a warm sandbox at its job within its advantage: %i leases against one',
  (leases, chosen) => {
    expect(chooseJob([job('cold', 1), job('warm', leases)], worker(), { loadedJob: 'warm' })?.jobId).toBe(
      chosen,
    );
  },
);

const python = (jobId: string, leases: number): Candidate =>
  candidate({ jobId, leases, worktime: 'pyodide', worktimeRange: '^314.0.0' });

test.each<[string, WarmState, string]>([
  [
    'the sandbox’s own job before another warm job',
    { loadedJob: 'own', warmJobs: ['kept', 'kept too'] },
    'own',
  ],
  ['the warm job with the fewest leases', { loadedJob: 'elsewhere', warmJobs: ['kept too', 'kept'] }, 'kept'],
  ['a job whose runtime is started', { warmWorktimes: [{ name: 'pyodide', version: '314.0.7' }] }, 'python'],
  [
    'a warm job before a started runtime',
    { warmJobs: ['kept too'], warmWorktimes: [{ name: 'pyodide', version: '314.0.7' }] },
    'kept too',
  ],
  ['no runtime of another version', { warmWorktimes: [{ name: 'pyodide', version: '1.0.0' }] }, 'needy'],
  ['no warm job that has far more leases', { warmJobs: ['rich'] }, 'needy'],
])('prefers %s', (_, warmState, chosen) => {
  const jobs = [
    job('needy', 0),
    python('python', 1),
    job('own', 2),
    job('kept', 1),
    job('kept too', 2),
    job('rich', 3),
  ];
  const both = worker({ worktimes: [...worker().worktimes, { name: 'pyodide', version: '314.0.7' }] });
  expect(chooseJob(jobs, both, warmState)?.jobId).toBe(chosen);
});

const anyWarmState = fc.record(
  {
    loadedJob: fc.nat(9).map(String),
    warmJobs: fc.array(fc.nat(9).map(String), { maxLength: 4 }),
    warmWorktimes: fc.array(
      fc.constantFrom('map-basic', 'pyodide').map((name) => ({ name, version: '1.2.0' })),
    ),
  },
  { requiredKeys: [] },
);

test('the choice of a job chooses an eligible job whenever there is one; a warm job is preferred only within its advantage of leases', () => {
  const jobs = fc.array(fc.record({ leases: fc.nat(5), createdMs: fc.nat(5), mine: fc.boolean() }));
  fc.assert(
    fc.property(jobs, anyWarmState, (list, warmState) => {
      const candidates = list.map(({ mine, ...rest }, i) =>
        candidate({ jobId: `${i}`, ...rest, groups: mine ? [{ key: 'public' }] : [lab] }),
      );
      const chosen = chooseJob(candidates, worker(), warmState);
      const mine = candidates.filter((one) => isEligible(one, worker()));
      expect(chosen === undefined).toBe(mine.length === 0);
      if (chosen === undefined) return;
      expect(mine).toContain(chosen);
      const least = Math.min(...mine.map(({ leases }) => leases));
      const isWarm = ({ jobId }: Candidate): boolean =>
        jobId === warmState.loadedJob || warmState.warmJobs?.includes(jobId) === true;
      const hasNear = mine.some((one) => isWarm(one) && one.leases <= least + WARM_JOB_ADVANTAGE);
      expect(isWarm(chosen) || !hasNear).toBe(true);
      expect(chosen.leases).toBeLessThanOrEqual(
        least + (isWarm(chosen) ? WARM_JOB_ADVANTAGE : WARM_RUNTIME_ADVANTAGE),
      );
    }),
  );
});

test('the choice of a job starves no job, whichever jobs workers have loaded: long leases spread over all jobs', () => {
  const rounds = fc.array(anyWarmState, { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), rounds, (count, wants) => {
      const leases = new Array<number>(count).fill(0);
      for (const warmState of wants) {
        const chosen = chooseJob(
          leases.map((n, i) => job(`${i}`, n)),
          worker(),
          warmState,
        )!;
        leases[Number(chosen.jobId)]! += 1;
        expect(Math.max(...leases) - Math.min(...leases)).toBeLessThanOrEqual(WARM_JOB_ADVANTAGE + 1);
      }
    }),
  );
});

test('of short leases, an eighth goes to the job with the fewest leases', () => {
  const random = new SeededRandom(7);
  const ids = Array.from({ length: 4_000 }, () => newId(random));
  const open = ids.filter(isFairShareLease).length;
  expect(open).toBeGreaterThan(400);
  expect(open).toBeLessThan(600);
});

test('the choice of a job ignores a started runtime that is not one of the worker’s worktimes', () => {
  const jobs = [
    candidate({ jobId: 'needy', leases: 1, worktimeRange: '~1.2.0' }),
    candidate({ jobId: 'served', leases: 2, worktimeRange: '^1.0.0' }),
  ];
  const claim = (version: string): WarmState => ({ warmWorktimes: [{ name: 'map-basic', version }] });
  expect(chooseJob(jobs, worker(), claim('1.9.0'))?.jobId).toBe('needy');
});

test('the choice of a job parses a semver range once, however many jobs have it and whatever is claimed to be warm', () => {
  const jobs = Array.from({ length: 300 }, (_, i) => job(`job ${i}`, i % 2));
  const warmWorktimes = Array.from({ length: 8 }, (_, i) => ({ name: 'map-basic', version: `9.0.${i}` }));
  const read = vi.spyOn(semver, 'satisfies');
  expect(chooseJob(jobs, worker(), { warmWorktimes })?.jobId).toBe('job 0');
  expect(read).toHaveBeenCalledTimes(1);
  read.mockRestore();
});
