import { describe, expect, it } from 'vitest';
import { createDeployerFixture, waitUntil } from '../testing/deployer/deployer-fixture.js';

describe('map', () => {
  it('resolves with all results in order, as an ordinary array', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: (datum as number) * 3 });
    const results = await deployer.map([1, 2, 3], (x, k: number) => x * k, [3]);
    expect(results).toEqual([3, 6, 9]);
    expect(results.constructor).toBe(Array);
  });

  it('takes the options of exec and any setting, and refuses others', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    await deployer.map(2, (x) => x, [], { env: { A: '1' }, limits: { sliceTimeoutMs: 5_000 } });
    expect(scheduler.package).toMatchObject({ env: { A: '1' }, limits: { sliceTimeoutMs: 5_000 } });
    const wrong = { sliceTimeout: 1 } as object;
    expect(() => deployer.map(2, (x) => x, [], wrong)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
    );
  });

  it('starts without an await, and rejects like exec', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = () => ({ error: new RangeError('no') });
    const run = deployer.map([1], (x) => x);
    run.catch(() => undefined);
    await waitUntil(() => scheduler.isFilled);
    await expect(run).rejects.toMatchObject({ code: 'SLICES_FAILED', info: { failed: 1 } });
  });

  it('gives the results in a loop, in order, and keeps none', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const run = deployer.map({ start: 1, end: 500 }, (x) => x);
    const seen: number[] = [];
    for await (const result of run) seen.push(result);
    expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    expect(Object.keys(run.job.results)).toEqual([]);
    await expect(run).rejects.toMatchObject({ code: 'JOB_STATE' });
  });

  it('cancels its job when its loop is left', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const run = deployer.map([1, 2], (x) => x);
    const loop = (async () => {
      for await (const result of run) return result;
      return undefined;
    })();
    await waitUntil(() => scheduler.isFilled);
    await scheduler.complete([{ value: 7 }]);
    expect(await loop).toBe(7);
    expect(scheduler.job.runStatus).toBe('cancelled');
  });
});

describe('job.until', () => {
  it('resolves with the first result that matches, and cancels the rest', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2, 3, 4], (x: number) => x);
    const asked: number[] = [];
    const found = job.until(async (result, sliceNumber) => {
      asked.push(sliceNumber);
      return Promise.resolve(result > 15);
    });
    await waitUntil(() => scheduler.isFilled);
    await scheduler.complete([{ value: 10 }, { value: 20 }]);
    expect(await found).toBe(20);
    expect(asked).toEqual([1, 2]);
    expect(scheduler.job).toMatchObject({ runStatus: 'cancelled', accepted: 2 });
  });

  it('resolves with undefined if no result matches', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    expect(await deployer.computeFor([1, 2], (x: number) => x).until((x) => x > 5)).toBeUndefined();
  });

  it('rejects if no result matches and slices failed', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => (datum === 1 ? { error: new Error('no') } : { value: datum });
    const found = deployer.computeFor([1, 2], (x: number) => x).until((x) => x > 5);
    await expect(found).rejects.toMatchObject({ code: 'SLICES_FAILED' });
  });

  it('rejects with what the predicate throws, and cancels the job', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2], (x: number) => x);
    const found = job.until(() => {
      throw new RangeError('mine');
    });
    found.catch(() => undefined);
    await waitUntil(() => scheduler.isFilled);
    await scheduler.complete([{ value: 1 }]);
    await expect(found).rejects.toMatchObject({ name: 'RangeError', message: 'mine' });
    expect(scheduler.job.runStatus).toBe('cancelled');
  });

  it('refuses a predicate that is none', async () => {
    const { deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    await expect(job.until(5 as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(job.readyState).toBe('new');
  });
});

it('the error of a cancelled job has the results that were received', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  const job = deployer.computeFor([1, 2, 3], (x: number) => x);
  const done = job.exec().catch((error: unknown) => error);
  await waitUntil(() => scheduler.isFilled);
  await scheduler.complete([{ value: 'a' }]);
  await scheduler.cancel('enough');
  expect(await done).toMatchObject({ code: 'JOB_CANCELLED', info: { results: job.results } });
  expect(job.results.settled()).toEqual([
    { status: 'fulfilled', value: 'a' },
    { status: 'pending' },
    { status: 'pending' },
  ]);
});

it('a job without the last listener of its journal is no longer followed, and the next one goes on where it was', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  const job = deployer.computeFor([1, 2, 3], (x: number) => x);
  const seen: number[] = [];
  const listener = ({ sliceNumber }: { sliceNumber: number }): void => void seen.push(sliceNumber);
  job.on('Result', listener);
  job.once('STATUS', () => undefined);
  await job.deploy();
  await waitUntil(() => scheduler.isFilled);
  await scheduler.complete([{ value: 1 }]);
  await waitUntil(() => seen.length === 1);
  job.off('result', listener);
  await waitUntil(() => scheduler.tap.requestsOfType('job.unfollow').length === 1);
  await scheduler.complete([{ value: 2 }]);
  job.on('result', listener);
  await scheduler.complete([{ value: 3 }]);
  await waitUntil(() => seen.length === 3);
  job.removeAllListeners();
  expect(job.listenerCount('result')).toBe(0);
  expect(seen).toEqual([1, 2, 3]);
});
