import { describe, expect, it } from 'vitest';
import { JobFS } from '../../jobfs/job-fs.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { UNLOADABLE_REASON } from '../../protocol/job/reasons.js';
import { createDeployerFixture, waitUntil } from '../../testing/deployer/deployer-fixture.js';
import type { Keystore } from '../../wallet/keystore.js';
import type { Job } from '../job/job.js';

const late: [string, (job: Job) => void][] = [
  ['worktime', (job) => void (job.worktime = 'pyodide')],
  ['worktimeVersion', (job) => void (job.worktimeVersion = '^2')],
  ['customWorktime', (job) => void (job.customWorktime = { name: 'a', version: '1', source: 'export' })],
  ['wasm', (job) => void (job.wasm = { export: 'f' })],
  ['wasm', (job) => void (job.wasm.export = 'f')],
  ['public', (job) => void (job.public = { name: 'x' })],
  ['public', (job) => void (job.public.name = 'x')],
  ['env', (job) => void (job.env = { A: '1' })],
  ['env', (job) => void (job.env['A'] = '1')],
  ['env', (job) => void delete job.env['B']],
  ['limits', (job) => void (job.limits = {})],
  ['limits', (job) => void (job.limits.sliceTimeoutMs = 1)],
  ['computeGroups', (job) => void (job.computeGroups = [])],
  ['computeGroups', (job) => void job.computeGroups.push({ joinKey: 'a' })],
  ['autoClose', (job) => void (job.autoClose = false)],
  ['isolation', (job) => void (job.isolation = 'slice')],
  ['origins', (job) => void (job.origins = ['https://example.com'])],
  ['readAhead', (job) => void (job.readAhead = { slices: 5 })],
  ['readAhead', (job) => void (job.readAhead.slices = 5)],
  ['fs', (job) => void (job.fs = new JobFS({ fetch }))],
  ['the payment offer', (job) => job.setSlicePaymentOffer(1)],
  ['the keystore that pays', (job) => job.setPaymentAccountKeystore({} as Keystore)],
];

describe('a setting of a job', () => {
  it.each(late)('cannot be changed once the job is deployed: %s', async (what, set) => {
    const { deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    job.env['B'] = '2';
    await job.deploy();
    expect(() => set(job)).toThrowError(
      expect.objectContaining({
        code: 'JOB_STATE',
        message: expect.stringContaining(what) as string,
      }) as Error,
    );
    expect(() => set(job)).toThrowError(/before exec or deploy/);
    expect(job.env).toEqual({ B: '2' });
  });

  it.each([
    ['a price that is no number', true, /payment offer takes an object of options.*got/],
    ['a negative price', -1, /-1/],
    ['a price in words', 'much', /much/],
    ['an unknown option', { pricePerSlice: 1, celing: 5 }, /celing.*ceiling/],
    ['no offer', null, /payment offer takes an object of options/],
    ['a ceiling that is no number', { pricePerSlice: 1, ceiling: {} }, /ceiling must be a number/],
    ['no time to accept', { pricePerSlice: 1, acceptMs: 0 }, /acceptMs/],
  ])('is refused where it is set: %s as payment offer', (_, offer, message) => {
    const { deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    expect(() => job.setSlicePaymentOffer(offer as number)).toThrowError(message);
    job.setSlicePaymentOffer(0.5);
  });

  it('is read when the job is deployed: a later change of the object that was assigned has no effect', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    const [env, limits, groups] = [{ A: '1' }, { sliceTimeoutMs: 5_000 }, [{ joinKey: 'public' }]];
    job.env = env;
    job.limits = limits;
    job.computeGroups = groups;
    const deployed = job.deploy();
    env.A = 'late';
    limits.sliceTimeoutMs = 6_000;
    groups.push({ joinKey: 'late' });
    await deployed;
    expect(scheduler.package).toMatchObject({ env: { A: '1' }, limits: { sliceTimeoutMs: 5_000 } });
    expect(scheduler.package.groups).toEqual([{ key: 'public' }]);
  });

  it('can be changed in any way before the deployment', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    const env: Record<string, string> = {};
    job.env = env;
    env['A'] = '1';
    delete job.env['B'];
    Object.assign(job.public, { name: 'squares' });
    await job.deploy();
    expect(scheduler.package).toMatchObject({ env: { A: '1' }, public: { name: 'squares' } });
  });

  it('collateResults can be changed until the job is followed', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const job = deployer.computeFor([1], (x: number) => x);
    job.collateResults = false;
    expect((await job.exec()).isAvailable(0)).toBe(false);
    expect(() => (job.collateResults = true)).toThrowError(
      expect.objectContaining({ code: 'JOB_STATE' }) as Error,
    );
  });
});

describe('a job with a work function that no worker could load', () => {
  it('rejects with the error of the last worker as its cause', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    const done = job.exec().catch((error: unknown) => error);
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 1);
    const words = 'The work function cannot be compiled: SyntaxError: no at work-function.js:3:7';
    await scheduler.cancel(`${UNLOADABLE_REASON}${words}`);
    expect(await done).toMatchObject({
      code: 'JOB_CANCELLED',
      cause: { code: 'WORK_FUNCTION_INVALID', message: words, info: { place: 'work-function.js:3:7' } },
    });
  });
});

describe('the package of a job', () => {
  it('contains its custom worktime', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], '(* x x)');
    job.customWorktime = { name: 'lisp', version: '0.1.0', source: 'export const name = "lisp";' };
    await job.deploy();
    const bytes = new TextEncoder().encode('export const name = "lisp";');
    const source = { blob: sha256Hex(bytes), bytes: bytes.length };
    expect(scheduler.package).toMatchObject({
      worktime: { name: 'map-basic' },
      customWorktime: { name: 'lisp', version: '0.1.0', source },
      sourceKind: 'module',
    });
  });
});

describe('files and groups of a deployed job', () => {
  it('cannot be changed, including their nested values', async () => {
    const { deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    job.computeGroups.push({ joinKey: 'lab', joinSecret: 'a' });
    await job.fs.add(new Uint8Array(1), 'early.txt');
    await job.deploy();
    const refused = expect.objectContaining({ code: 'JOB_STATE' }) as Error;
    await expect(job.fs.add(new Uint8Array(1), 'late.txt')).rejects.toThrow(refused);
    expect(() => job.fs.mkdir('x')).toThrow(refused);
    expect(() => (job.computeGroups[1]!.joinSecret = 'b')).toThrow(refused);
    const other = deployer.computeFor([1], (x: number) => x);
    await other.deploy();
    expect(() => other.fs.mkdir('x')).toThrow(refused);
  });
});
