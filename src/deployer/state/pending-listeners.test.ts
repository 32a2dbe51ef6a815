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

  it('that reject end the wait of exec with their error, and emit it', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    const full = new Error('the disk is full');
    const emitted: unknown[] = [];
    job.on('result', () => Promise.reject(full));
    job.on('error', ({ error, sliceNumber }) => emitted.push([error, sliceNumber]));
    const done = job.exec();
    done.catch(() => undefined);
    await waitUntil(() => scheduler.isFilled);
    await scheduler.complete([{ value: 1 }]);
    await expect(done).rejects.toBe(full);
    expect(emitted).toEqual([[full, undefined]]);
  });

  it('to errors that reject end the wait of exec with their error, once', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = () => ({ error: new Error('no') });
    const job = deployer.computeFor([1], (x: number) => x);
    let called = 0;
    job.on('error', () => {
      called++;
      return Promise.reject(new Error('the disk is full'));
    });
    await expect(job.exec()).rejects.toThrow('the disk is full');
    expect(called).toBe(1);
  });

  it('that reject while nobody waits cause unhandled rejections', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    job.on('result', () => Promise.reject(new Error('the disk is full')));
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const unhandled: unknown[] = [];
    process.on('unhandledRejection', (error) => unhandled.push(error));
    try {
      await job.deploy();
      await waitUntil(() => scheduler.isFilled);
      await scheduler.complete([{ value: 1 }]);
      await waitUntil(() => unhandled.length === 1);
      expect(unhandled).toMatchObject([{ message: 'the disk is full' }]);
      expect([...(await job.wait())]).toEqual([1]);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const one of listeners) process.on('unhandledRejection', one);
    }
  });

  it('with a concurrency run for so many events at once, in order, and are waited for', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const job = deployer.computeFor({ start: 1, end: 50 }, (x: number) => x);
    const begun: number[] = [];
    const finished: number[] = [];
    let running = 0;
    let most = 0;
    const listener = async ({ result }: { result: number }): Promise<void> => {
      begun.push(result);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      finished.push(result);
    };
    job.on('result', listener, { concurrency: 3 });
    await job.exec();
    expect(most).toBe(3);
    expect(begun).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(finished).toHaveLength(50);
    job.off('result', listener);
    expect(job.listenerCount('result')).toBe(0);
  });

  it('with a concurrency hold up the reading of results above it', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor({ start: 1, end: 10 }, (x: number) => x);
    const gate = deferred<void>();
    let received = 0;
    job.on('result', () => void received++);
    job.on('result', () => gate.promise, { concurrency: 2 });
    const done = job.exec();
    await waitUntil(() => scheduler.isFilled);
    for (let slice = 1; slice <= 10; slice++) await scheduler.complete([{ value: slice }]);
    await waitUntil(() => received >= 3);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(received).toBe(3);
    gate.resolve();
    await done;
    expect(received).toBe(10);
  });

  it('take no concurrency of another form, and none for events that are not waited for', () => {
    const { deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error;
    expect(() => job.on('result', () => undefined, { concurrency: 0 })).toThrow(invalid);
    expect(() => job.on('status', () => undefined, { concurrency: 2 })).toThrow(invalid);
    const unknown = expect.objectContaining({ code: 'UNKNOWN_OPTION' }) as Error;
    expect(() => job.on('result', () => undefined, { concurency: 2 } as object)).toThrow(unknown);
  });
});
