/**
 * Jobs from end to end: a scheduler process, donors' tabs in a real Chromium, and this Node process as the deployer.
 * @module
 */
import './fixtures/home.js';
import { expect, type Page } from '@playwright/test';
import { addSlices, attach, computeFor, init, type Job } from 'manyhands';
import { startDisconnectingProxy } from './fixtures/disconnecting-proxy.js';
import { test } from './fixtures/job-fixture.js';
import { attachElsewhere } from './fixtures/processes.js';

/** The events of a job, in order. */
function watch<T>(job: Job<T>): { results: [number, T][]; errors: unknown[] } {
  const seen: { results: [number, T][]; errors: unknown[] } = { results: [], errors: [] };
  job.on('result', ({ sliceNumber, result }) => seen.results.push([sliceNumber, result]));
  job.on('error', ({ sliceNumber, error }) => seen.errors.push({ sliceNumber, error: error.stack }));
  return seen;
}

/** Waits until there are so many results; throws if a slice failed, since the number cannot be reached any more. */
async function untilResults(seen: { results: unknown[]; errors: unknown[] }, count: number): Promise<void> {
  await expect.poll(() => seen.errors.length > 0 || seen.results.length >= count).toBe(true);
  expect(seen.errors).toEqual([]);
}

/** Sorted slice numbers; they are 1 to n if none is lost or repeated. */
const numbers = (results: readonly [number, unknown][]): number[] =>
  results.map(([sliceNumber]) => sliceNumber).sort((a, b) => a - b);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

async function slicesDone(tab: Page): Promise<number> {
  const text = await tab.locator('#slices').textContent();
  return Number((text ?? '').replaceAll(',', ''));
}

/** A work function that keeps a core busy for the given number of milliseconds. */
const BUSY = `(x, ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end) progress();
  return x * x;
}`;

test('a tab computes a JavaScript job', async ({ fixture }) => {
  const tab = await fixture.openTab();
  init({ scheduler: fixture.scheduler });
  const job = computeFor(
    [1, 2, 3, 4, 5],
    (x: number, factor: number) => ({ product: x * factor, at: typeof self }),
    [7],
  );
  job.public.name = 'Sevens';
  const seen = watch(job);
  const results = await job.exec();
  expect([...results]).toEqual([7, 14, 21, 28, 35].map((product) => ({ product, at: 'object' })));
  expect(numbers(seen.results)).toEqual(upTo(5));
  await expect.poll(() => slicesDone(tab)).toBe(5);
  await expect(tab.getByRole('log')).toContainText('“Sevens”');
  await tab.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(tab.getByRole('status')).toHaveText('Stopped');
});

test('a tab computes a Python job that reads a file of its JobFS', async ({ fixture }) => {
  await fixture.openTab();
  init({ scheduler: fixture.scheduler });
  const job = computeFor<number[]>(
    ['alpha', 'beta', 'gamma'],
    [
      'import manyhands',
      'def count(word):',
      '    manyhands.progress(0.5)',
      '    with open("/home/pyodide/words.txt", encoding="utf-8") as file:',
      '        text = file.read()',
      '    return [text.split().count(word), 2 ** 70]',
    ].join('\n'),
  );
  job.worktime = 'pyodide';
  await job.fs.add(new TextEncoder().encode('alpha beta beta alpha beta\n'), 'words.txt');
  const results = await job.exec();
  expect([...results]).toEqual([2, 3, 0].map((count) => [count, 2n ** 70n]));
});

test('an open job gets more slices while it runs', async ({ fixture }) => {
  await fixture.openTab();
  init({ scheduler: fixture.scheduler });
  const job = computeFor<number>([1, 2, 3], BUSY, [20]);
  job.autoClose = false;
  const seen = watch(job);
  const id = await job.deploy();
  await untilResults(seen, 3);
  await addSlices([4, 5], id);
  await untilResults(seen, 5);
  expect(job.status.runStatus).toBe('running');
  await job.addSlices([6]);
  await job.close();
  expect([...(await job.wait())]).toEqual([1, 4, 9, 16, 25, 36]);
  expect(numbers(seen.results)).toEqual(upTo(6));
});

test('a job whose only tab is closed is finished by another tab', async ({ fixture }) => {
  const count = 60;
  const first = await fixture.openTab();
  init({ scheduler: fixture.scheduler });
  const job = computeFor<number>(upTo(count), BUSY, [100]);
  const seen = watch(job);
  await job.deploy();
  await untilResults(seen, 3);
  await first.close();
  const atClose = seen.results.length;
  expect(atClose).toBeLessThan(count);
  const second = await fixture.openTab();
  expect([...(await job.wait())]).toEqual(upTo(count).map((x) => x * x));
  expect(numbers(seen.results)).toEqual(upTo(count));
  expect(seen.errors).toEqual([]);
  expect(await slicesDone(second)).toBeGreaterThan(0);
});

test('no event is lost or repeated when the connection of the deployer breaks repeatedly', async ({
  fixture,
}) => {
  const count = 2_000;
  const proxy = await startDisconnectingProxy(fixture.scheduler);
  try {
    init({ scheduler: proxy.url });
    await fixture.openTab();
    const job = computeFor<number>(upTo(count), BUSY, [2]);
    const seen = watch(job);
    let cuts = 0;
    await job.deploy();
    for (const at of [20, 200, 800]) {
      await untilResults(seen, at + 1);
      const carried = proxy.connectionCount;
      proxy.disconnectAll();
      cuts += 1;
      await expect.poll(() => proxy.connectionCount).toBeGreaterThan(carried);
    }
    expect([...(await job.wait())]).toEqual(upTo(count).map((x) => x * x));
    expect(cuts).toBe(3);
    expect(numbers(seen.results)).toEqual(upTo(count));
    expect(seen.errors).toEqual([]);
  } finally {
    await proxy.close();
  }
});

test('another process attaches to a job after a cursor, and one attaches from the start', async ({
  fixture,
}) => {
  const count = 200;
  await fixture.openTab();
  init({ scheduler: fixture.scheduler });
  const job = computeFor<number>(upTo(count), BUSY, [10]);
  const seen = watch(job);
  await job.deploy();
  await untilResults(seen, 6);
  const before = { cursor: job.cursor, results: [...seen.results] };
  const rest = await attachElsewhere(fixture.scheduler, job.id, before.cursor, fixture.home);
  expect(rest.length).toBeGreaterThan(0);
  expect(numbers([...before.results, ...rest])).toEqual(upTo(count));
  await job.wait();
  expect(numbers(seen.results)).toEqual(upTo(count));
  const again = await attach<number>(job.id);
  const anew = watch(again);
  await again.wait();
  expect(numbers(anew.results)).toEqual(upTo(count));
});
