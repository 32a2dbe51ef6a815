import { expect, it } from 'vitest';
import {
  createDeployerFixture,
  waitUntil,
  type DeployerFixture,
} from '../../testing/deployer/deployer-fixture.js';
import type { Job } from '../job/job.js';

const LETTERS = ['a', 'b', 'c', 'd', 'e'];

/** A job whose program ended after the first two letters. */
async function interrupted({ scheduler, deployer }: DeployerFixture): Promise<Job<string>> {
  const begun = deployer.computeFor(LETTERS.slice(0, 2), (x: string) => x);
  begun.autoClose = false;
  const id = await begun.deploy();
  await waitUntil(() => scheduler.job.total === 2);
  return deployer.attach<string>(id);
}

const sources: [string, () => unknown][] = [
  ['an array', () => LETTERS],
  ['a generator', () => LETTERS.values()],
  [
    'an async iterable',
    () =>
      (async function* () {
        await Promise.resolve();
        yield* LETTERS;
      })(),
  ],
  ['a function that seeks', () => (from: number) => LETTERS.slice(from)],
];

it.each(sources)('an input goes on after the slices that were committed, from %s', async (_, source) => {
  const fixture = createDeployerFixture();
  const job = await interrupted(fixture);
  const added = await job.resumeInput(source());
  expect(added).toEqual({ firstSliceNumber: 3, lastSliceNumber: 5, count: 3 });
  expect(fixture.scheduler.inputData).toEqual(LETTERS);
  fixture.scheduler.computeOutcome = (datum) => ({ value: datum });
  expect([...(await job.wait())]).toEqual(LETTERS);
  expect(await job.resumeInput(source())).toMatchObject({ count: 0 });
});

it('a job stays open after its input if that is asked for', async () => {
  const fixture = createDeployerFixture();
  const job = await interrupted(fixture);
  await job.resumeInput(LETTERS, { close: false });
  await job.resumeInput([...LETTERS, 'f']);
  expect(fixture.scheduler.inputData).toEqual([...LETTERS, 'f']);
  await job.cancel();
});

it('a source that is shorter than what was committed is refused', async () => {
  const fixture = createDeployerFixture();
  const job = await interrupted(fixture);
  await expect(job.resumeInput(['a'])).rejects.toMatchObject({
    code: 'INPUT_FAILED',
    cause: { code: 'INVALID_ARGUMENT' },
  });
  expect(fixture.scheduler.job).toMatchObject({ open: true, total: 2 });
  await job.cancel();
});

it('two programs that resume one input are noticed, and the job is cancelled', async () => {
  const fixture = createDeployerFixture();
  const job = await interrupted(fixture);
  const other = await fixture.deployer.attach(job.id);
  const both = await Promise.allSettled([
    job.resumeInput(async (from: number) => {
      await other.addSlices(['x']);
      return LETTERS.slice(from);
    }),
  ]);
  expect(both).toMatchObject([{ status: 'rejected', reason: { code: 'JOB_STATE' } }]);
  expect(fixture.scheduler.job.runStatus).toBe('cancelled');
});
