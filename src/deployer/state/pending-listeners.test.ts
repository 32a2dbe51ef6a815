import { describe, expect, it } from 'vitest';
import { deferred } from '../../lib/deferred.js';
import {
  createDeployerFixture,
  acceleratedClock,
  waitUntil,
} from '../../testing/deployer/deployer-fixture.js';

describe('async listeners of results', () => {
  it('have settled when exec resolves, including those of failures', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2, 3], (x: number) => x);
    const written: number[] = [];
    const begun: (() => void)[] = [];
    let isDone = false;
    job.on('result', async ({ result }) => {
      await new Promise<void>((resolve) => begun.push(resolve));
      written.push(result);
    });
    job.on('error', async ({ sliceNumber = 0 }) => {
      await new Promise<void>((resolve) => begun.push(resolve));
      written.push(-sliceNumber);
    });
    const done = job.exec().catch((error: unknown) => error);
    void done.then(() => (isDone = true));
    await waitUntil(() => scheduler.isFilled);
    scheduler.computeOutcome = (datum) => (datum === 3 ? { error: new Error('no') } : { value: datum });
    await waitUntil(() => begun.length === 3);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    for (const end of begun) end();
    expect(await done).toMatchObject({ code: 'SLICES_FAILED' });
    expect(written).toEqual([1, 2, -3]);
  });

  it('stop the reading of results while too many are unsettled', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.slicesPerRow = 100;
    scheduler.computeOutcome = (x) => ({ value: x });
    const job = deployer.computeFor({ start: 1, end: 5_000 }, (x: number) => x);
    const open = deferred();
    let begun = 0;
    job.on('result', () => {
      begun++;
      return open.promise;
    });
    const done = job.exec();
    await waitUntil(() => begun >= 1_000);
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBeLessThanOrEqual(1_100);
    open.resolve();
    expect((await done).length).toBe(5_000);
    expect(begun).toBe(5_000);
  });

  it('are reported if they do not settle, and a cancelled job does not wait for them', async () => {
    const { scheduler, deployer, warnings } = createDeployerFixture({ clock: acceleratedClock(1_000) });
    const job = deployer.computeFor([1], (x: number) => x);
    job.on('result', () => new Promise(() => undefined));
    const done = job.exec().catch((error: unknown) => error);
    await waitUntil(() => scheduler.isFilled);
    await scheduler.complete([{ value: 1 }]);
    await waitUntil(() => warnings.some((text) => text.includes('1 async listeners')));
    const aborted = new AbortController();
    const waiting = job.wait({ signal: aborted.signal });
    aborted.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    void done;
  });

  it('that reject cause unhandled rejections, and the job still completes', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    job.on('result', () => Promise.reject(new Error('the disk is full')));
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const unhandled: unknown[] = [];
    process.on('unhandledRejection', (error) => unhandled.push(error));
    try {
      const done = job.exec();
      await waitUntil(() => scheduler.isFilled);
      await scheduler.complete([{ value: 1 }]);
      expect([...(await done)]).toEqual([1]);
      await waitUntil(() => unhandled.length === 1);
      expect(unhandled).toMatchObject([{ message: 'the disk is full' }]);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const one of listeners) process.on('unhandledRejection', one);
    }
  });
});
