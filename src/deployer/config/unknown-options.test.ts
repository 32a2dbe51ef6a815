import { describe, expect, it } from 'vitest';
import { RangeObject } from '../../protocol/input/input-sets.js';
import { createDeployerFixture } from '../../testing/deployer/deployer-fixture.js';
import type { Deployer } from '../deployer.js';
import type { Job } from '../job/job.js';
import { createModuleDeployer } from '../module-deployer.js';

const work = (x: number): number => x;
const unknown = (option: string, nearest: string | undefined): object => ({
  code: 'UNKNOWN_OPTION',
  info: { option, nearest },
});
/** What the call throws or rejects with; the value where it does neither. */
const outcome = async (call: () => unknown): Promise<unknown> => {
  try {
    return await call();
  } catch (error) {
    return error;
  }
};

describe('a misspelt option of a job', () => {
  const cases: [string, (job: Job) => unknown, string, string | undefined][] = [
    ['celing', (job) => job.exec({ pricePerSlice: 1, celing: 2 } as never), 'celing', 'ceiling'],
    ['acceptMS', (job) => job.exec({ pricePerSlice: 1, acceptMS: 2 } as never), 'acceptMS', 'acceptMs'],
    ['limits', (job) => ((job.limits = { timeoutMs: 5 } as never), job.exec()), 'timeoutMs', 'sliceTimeoutMs'],
    ['a limit', (job) => (Object.assign(job.limits, { timeoutMs: 5 }), job.exec()), 'timeoutMs', 'sliceTimeoutMs'],
    ['public', (job) => ((job.public = { nam: 'x' } as never), job.exec()), 'nam', 'name'],
    ['wasm', (job) => ((job.wasm = { exprt: 'f' } as never), job.exec()), 'exprt', 'export'],
    ['a group by key', (job) => (job.computeGroups.push({ key: 'a' } as never), job.exec()), 'key', 'joinKey'],
    ['a group', (job) => (job.computeGroups.push({ joinKey: 'a', secret: 's' } as never), job.exec()), 'secret', 'joinSecret'],
    ['autoclose', (job) => (Object.assign(job, { autoclose: false }), job.exec()), 'autoclose', 'autoClose'],
    ['packages', (job) => (Object.assign(job, { packages: ['numpy'] }), job.deploy()), 'packages', undefined],
  ]; // prettier-ignore
  it.each(cases)('is rejected, and no job is deployed: %s', async (_, call, option, nearest) => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2], work) as Job;
    expect(await outcome(() => call(job))).toMatchObject(unknown(option, nearest));
    expect(scheduler.jobs.size).toBe(0);
  });
});

describe('a misspelt option of a call', () => {
  const id = 'a'.repeat(22);
  const cases: [string, (deployer: Deployer) => unknown, string, string][] = [
    ['a step', (d) => d.computeFor({ start: 1, end: 9, stepp: 5 } as never, work), 'stepp', 'step'],
    ['a start', (d) => d.computeFor({ strat: 1, end: 9 } as never, work), 'strat', 'start'],
    ['RangeObject', () => new RangeObject({ start: 1, end: 9, stepp: 5 } as never), 'stepp', 'step'],
    ['a pattern', (d) => d.computeFor({ pattern: 'http://a/{slice}', sliceCont: 1 } as never, work), 'sliceCont', 'sliceCount'],
    ['attach', (d) => d.attach(id, { aftr: 5 } as never), 'aftr', 'after'],
    ['list', (d) => d.compute.list({ limt: 1 } as never), 'limt', 'limit'],
    ['fetchResults', (d) => d.fetchResults(id, { strt: 1, end: 2 } as never), 'strt', 'start'],
  ]; // prettier-ignore
  it.each(cases)('is rejected: %s', async (_, call, option, nearest) => {
    const { deployer } = createDeployerFixture();
    expect(await outcome(() => call(deployer))).toMatchObject(unknown(option, nearest));
  });

  it('is rejected by init, like a value that is not an options object', () => {
    const { init } = createModuleDeployer(() => createDeployerFixture().ports);
    expect(() => init({ schedular: 'x' } as never)).toThrow(
      /^init has no option 'schedular'. Did you mean 'scheduler'/,
    );
    for (const given of [5, null, [], true])
      expect(() => init(given as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
      );
  });
});

describe('a value of a wrong type', () => {
  const odd = [
    null,
    0,
    -1,
    NaN,
    '',
    'x',
    true,
    {},
    [],
    () => 1,
    Symbol('s'),
    10n,
    new Map(),
    Object.create(null),
  ];
  const settings = ['worktime', 'worktimeVersion', 'customWorktime', 'wasm', 'isolation', 'public', 'env', 'origins', 'limits', 'autoClose', 'collateResults', 'computeGroups', 'fs']; // prettier-ignore
  const calls: [string, (deployer: Deployer, value: never) => unknown][] = [
    ...settings.map((name): [string, (deployer: Deployer, value: never) => unknown] => [
      `job.${name}`,
      async (deployer, value) => {
        const job = deployer.computeFor([1], work);
        Object.assign(job, { [name]: value });
        await job.deploy();
      },
    ]),
    ['exec(price)', (d, value) => d.computeFor([], work).exec(value)],
    ['exec(0, keystore)', (d, value) => d.computeFor([], work).exec(0, value)],
    ['job.setPaymentAccountKeystore', (d, value) => d.computeFor([], work).setPaymentAccountKeystore(value)],
    ['attach(id)', (d, value) => d.attach(value)],
    ['attach(id, options)', (d, value) => d.attach('a'.repeat(22), value)],
    ['attach(id, { after })', (d, value) => d.attach('a'.repeat(22), { after: value })],
    ['addSlices(data, id)', (d, value) => d.addSlices(value, 'a'.repeat(22))],
    ['addSlices(data, value)', (d, value) => d.addSlices([1], value)],
    ['fetchResults(value)', (d, value) => d.fetchResults(value)],
    ['fetchResults(id, value)', (d, value) => d.fetchResults('a'.repeat(22), value)],
    ['compute.list', (d, value) => d.compute.list(value)],
    ['compute.list({ after })', (d, value) => d.compute.list({ after: value })],
    ['compute.status', (d, value) => d.compute.status(value)],
    ['compute.cancel', (d, value) => d.compute.cancel(value)],
    ['compute.cancel(id, value)', (d, value) => d.compute.cancel('a'.repeat(22), value)],
    ['job.cancel', (d, value) => d.computeFor([1], work).cancel(value)],
    ['getAccount', (d, value) => d.getAccount(value)],
  ];
  it.each(calls)('never causes an error without a code: %s', async (_, call) => {
    const { deployer } = createDeployerFixture();
    for (const value of odd) {
      const found = await outcome(() => call(deployer, value as never));
      if (found instanceof Error) expect(found).toHaveProperty('code');
    }
  });
});
