import { expect, it } from 'vitest';
import { createDeployerFixture, waitUntil } from '../../testing/deployer/deployer-fixture.js';
import type { ResultItem } from '../state/result-items.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

it.each([true, false])('a stream gives the results in order, kept on the handle: %s', async (collate) => {
  const { scheduler, deployer } = createDeployerFixture();
  scheduler.computeOutcome = (datum) => ({ value: datum });
  scheduler.slicesPerRow = 7;
  const job = deployer.computeFor({ start: 1, end: 3_000 }, (x: number) => x);
  job.collateResults = collate;
  const seen: number[] = [];
  for await (const result of job.results.stream()) seen.push(result);
  expect(seen).toEqual(numbers(3_000));
  expect(Object.keys(job.results)).toHaveLength(collate ? 3_000 : 0);
  const again: number[] = [];
  for await (const result of job.results.stream({ start: 2_500 })) again.push(result);
  expect(again).toEqual(numbers(3_000).slice(2_499));
});

it('a slice that failed ends a stream with its number and error, or is left out, or is given', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  scheduler.computeOutcome = (datum) => (datum === 2 ? { error: new RangeError('two') } : { value: datum });
  const job = deployer.computeFor([1, 2, 3], (x: number) => x);
  const seen: number[] = [];
  const loop = async (): Promise<void> => {
    for await (const result of job.results.stream()) seen.push(result);
  };
  await expect(loop()).rejects.toMatchObject({
    code: 'SLICES_FAILED',
    info: { failures: [{ sliceNumber: 2 }] },
    cause: { name: 'RangeError', message: 'two' },
  });
  expect(seen).toEqual([1]);
  for await (const result of job.results.stream({ failed: 'skip' })) seen.push(result);
  expect(seen).toEqual([1, 1, 3]);
  const items: ResultItem<number>[] = [];
  for await (const item of job.results.stream({ failed: 'include' })) items.push(item);
  expect(items.map(({ sliceNumber, error }) => [sliceNumber, error?.message])).toEqual([
    [1, undefined],
    [2, 'two'],
    [3, undefined],
  ]);
});

it('a handle that was attached after a cursor streams what came before it too', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  const job = deployer.computeFor({ start: 1, end: 600 }, (x: number) => x);
  const following = job.exec();
  await waitUntil(() => scheduler.isFilled);
  await scheduler.complete(numbers(500).map((value) => ({ value })));
  await waitUntil(() => job.results.isAvailable(499));
  const other = await deployer.attach<number>(job.id, { after: job.cursor });
  const seen: number[] = [];
  const loop = (async () => {
    for await (const result of other.results.stream()) seen.push(result);
  })();
  await waitUntil(() => seen.length === 500);
  await scheduler.complete(numbers(100).map((value) => ({ value: value + 500 })));
  await loop;
  expect(seen).toEqual(numbers(600));
  await following;
});

it('a stream ends with the error of the job at the first slice that is missing', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  const job = deployer.computeFor([1, 2, 3], (x: number) => x);
  const stream = job.results.stream();
  const first = stream.next();
  await waitUntil(() => scheduler.isFilled);
  await scheduler.complete([{ value: 1 }]);
  expect((await first).value).toBe(1);
  const second = stream.next();
  second.catch(() => undefined);
  await job.cancel('enough');
  await expect(second).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
});

it.each([
  [{ start: 0 }, 'INVALID_ARGUMENT'],
  [{ failed: 'ignore' }, 'INVALID_ARGUMENT'],
  [{ from: 3 }, 'UNKNOWN_OPTION'],
])('a stream refuses the options %j', async (options, code) => {
  const { deployer } = createDeployerFixture();
  const job = deployer.computeFor([1], (x: number) => x);
  await expect(job.results.stream(options as object).next()).rejects.toMatchObject({ code });
});

it('results are fetched by range, and looked up by their datum', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  scheduler.computeOutcome = (datum) =>
    datum === 'c' ? { error: new Error('no c') } : { value: `${String(datum)}!` };
  const job = deployer.computeFor(['a', 'b', 'c'], (x: string) => x);
  job.collateResults = false;
  await job.exec().catch(() => undefined);
  expect(() => job.results.lookupValue('b')).toThrow(
    expect.objectContaining({ code: 'RESULT_NOT_AVAILABLE' }),
  );
  expect(await job.results.lookup('b')).toBe('b!');
  expect(await job.results.fetch([1, 2])).toEqual([
    { slice: 1, value: 'a!' },
    { slice: 2, value: 'b!' },
  ]);
  expect(job.results.lookupValue('b')).toBe('b!');
  await expect(job.results.lookup('c')).rejects.toMatchObject({
    code: 'RESULT_NOT_AVAILABLE',
    cause: { message: 'no c' },
  });
  expect(() => job.results.lookupValue('z')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  const attached = await deployer.attach(job.id);
  expect(() => attached.results.lookupValue('a')).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
});

it('results of a range are looked up by its numbers', async () => {
  const { scheduler, deployer } = createDeployerFixture();
  scheduler.computeOutcome = (datum) => ({ value: (datum as number) * 2 });
  const job = deployer.computeFor({ start: 10, end: 20, step: 5 }, (x: number) => x * 2);
  const results = await job.exec();
  expect([10, 15, 20].map((n) => results.lookupValue(n))).toEqual([20, 30, 40]);
  for (const n of [5, 11, 25]) expect(() => results.lookupValue(n)).toThrow(/No slice of job/);
});
