/**
 * The loops over a job's results, with a real scheduler and a worker with threads in this process.
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attach, computeFor } from 'manyhands';
import { startResultsFixture, type ResultsFixture } from './results-fixture.js';

let fixture: ResultsFixture;
beforeAll(async () => {
  fixture = await startResultsFixture('thread');
});
afterAll(() => fixture.stop());

/** More than a stream keeps for a later turn. */
const SLICES = 25_000;

it('outcomes come as they are complete, and a stream gives them in order, though the first one is the slowest', async () => {
  const job = computeFor({ start: 1, end: SLICES }, (n) => {
    for (const end = performance.now() + (n === 1 ? 1_000 : 0); performance.now() < end;);
    return n * 2;
  });
  job.collateResults = false;
  const completed: number[] = [];
  const loop = (async () => {
    for await (const { sliceNumber } of job.asCompleted()) completed.push(sliceNumber);
  })();
  let next = 1;
  for await (const result of job.results.stream()) expect(result).toBe(2 * next++);
  await loop;
  expect(next).toBe(SLICES + 1);
  expect(completed).toHaveLength(SLICES);
  expect(completed.indexOf(1)).toBeGreaterThan(0);
  expect(new Set(completed).size).toBe(SLICES);
});

it('a handle that attaches after the end gives all outcomes of a job, failed ones too', async () => {
  const id = await computeFor([1, -1, 3], (n) => {
    if (n < 0) throw new RangeError('negative');
    return n;
  }).deploy();
  const seen: unknown[] = [];
  for (let pass = 0; pass < 2; pass++) {
    const job = await attach<number>(id);
    for await (const { sliceNumber, result, error } of job.asCompleted()) {
      seen.push([sliceNumber, result ?? error?.message]);
    }
  }
  const expected = [
    [1, 1],
    [3, 3],
    [2, 'negative'],
  ];
  expect(seen).toHaveLength(6);
  expect(seen).toEqual(expect.arrayContaining(expected));
});
