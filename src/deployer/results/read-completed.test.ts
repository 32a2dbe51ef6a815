import { expect, it } from 'vitest';
import { deferred } from '../../lib/deferred.js';
import { splitRows } from '../../testing/journal-faults.js';
import {
  acceleratedClock,
  createDeployerFixture,
  waitUntil,
} from '../../testing/deployer/deployer-fixture.js';
import type { ResultItem } from '../state/result-items.js';

const isOdd = (datum: unknown): boolean => (datum as number) % 2 === 1;

it('a loop over asCompleted deploys the job and gives every slice once, failed ones with their error', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  scheduler.computeOutcome = (datum) =>
    isOdd(datum) ? { value: datum } : { error: new RangeError(`${String(datum)} is even`) };
  const job = deployer.computeFor([1, 2, 3], (x: number) => x);
  const items: ResultItem<number>[] = [];
  for await (const item of job.asCompleted()) items.push(item);
  // A slice that failed is tried once more, so it is complete after the others.
  expect(items).toEqual([
    { sliceNumber: 1, result: 1 },
    { sliceNumber: 3, result: 3 },
    { sliceNumber: 2, error: expect.objectContaining({ message: '2 is even' }) as Error },
  ]);
  await expect(job.wait()).rejects.toMatchObject({ code: 'SLICES_FAILED' });
});

it.each([true, false])(
  'a loop that starts after the end of the job gives all outcomes, kept on the handle: %s',
  async (collate) => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum, slice) =>
      slice === 400 ? { error: new Error('no') } : { value: datum };
    const job = deployer.computeFor({ start: 1, end: 1_000 }, (x: number) => x);
    job.collateResults = collate;
    await expect(job.exec()).rejects.toMatchObject({ code: 'SLICES_FAILED' });
    const seen: number[] = [];
    for await (const { sliceNumber, result, error } of job.asCompleted()) {
      if (error === undefined) expect(result).toBe(sliceNumber);
      else expect([sliceNumber, error.message]).toEqual([400, 'no']);
      seen.push(sliceNumber);
    }
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 1));
  },
);

it('a slow loop slows down the scheduler, and a loop that was left does not', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  const big = new Uint8Array(500_000);
  const job = deployer.computeFor({ start: 1, end: 2_000 }, () => 1);
  job.collateResults = false;
  const loop = job.asCompleted();
  const first = loop.next();
  await waitUntil(() => scheduler.isFilled);
  let received = 0;
  job.on('result', () => void received++);
  await scheduler.complete(Array.from({ length: 1_990 }, (_, i) => ({ value: i })));
  await scheduler.complete([{ value: big }]);
  expect(await first).toEqual({ done: false, value: { sliceNumber: 1, result: 0 } });
  await waitUntil(() => received >= 1_001);
  const before = received;
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(received).toBe(before);
  expect(before).toBeLessThan(1_991);
  await loop.return();
  await waitUntil(() => received === 1_991);
  await job.cancel();
});

it('a loop ends with the error of the job when that is cancelled, after the outcomes so far', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  const job = deployer.computeFor([1, 2, 3], (x: number) => x);
  const seen: number[] = [];
  const isFirst = deferred<void>();
  const loop = (async () => {
    for await (const { sliceNumber } of job.asCompleted()) {
      seen.push(sliceNumber);
      isFirst.resolve();
    }
  })();
  loop.catch(() => undefined);
  await waitUntil(() => scheduler.isFilled);
  await scheduler.complete([{ value: 1 }]);
  await isFirst.promise;
  await job.cancel('enough');
  await expect(loop).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
  expect(seen).toEqual([1]);
});

it('a signal ends a loop, and the job goes on', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  const job = deployer.computeFor([1, 2], (x: number) => x);
  const abort = new AbortController();
  const next = job.asCompleted({ signal: abort.signal }).next();
  next.catch(() => undefined);
  await waitUntil(() => scheduler.isFilled);
  abort.abort();
  await expect(next).rejects.toMatchObject({ code: 'ABORTED' });
  expect(job.status.runStatus).toBe('running');
  await job.cancel();
});

it('an unknown option of a loop is refused', async () => {
  const { deployer } = createDeployerFixture();
  const job = deployer.computeFor([1, 2], (x: number) => x);
  await expect(job.asCompleted({ singal: 1 } as object).next()).rejects.toMatchObject({
    code: 'UNKNOWN_OPTION',
  });
});

it('a handle that was attached gives every outcome once over lost connections, and reports these', async () => {
  const { scheduler, deployer } = createDeployerFixture({ clock: acceleratedClock(20) });
  scheduler.tap.changeMessage = splitRows(3);
  const id = await deployer.computeFor({ start: 1, end: 200 }, (x: number) => x).deploy();
  await waitUntil(() => scheduler.isFilled);
  const job = await deployer.attach<number>(id);
  const events: string[] = [];
  job.on('reconnecting', () => events.push('reconnecting'));
  job.on('reconnected', () => events.push('reconnected'));
  const seen: number[] = [];
  const loop = (async () => {
    for await (const { sliceNumber } of job.asCompleted()) {
      seen.push(sliceNumber);
      if (sliceNumber % 60 === 0) scheduler.tap.disconnectAll();
    }
  })();
  for (let first = 1; first <= 200; first += 10) {
    await scheduler.complete(Array.from({ length: 10 }, (_, i) => ({ value: first + i })));
    await waitUntil(() => seen.length >= first + 9);
  }
  await loop;
  expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  expect(events.slice(0, 2)).toEqual(['reconnecting', 'reconnected']);
});
