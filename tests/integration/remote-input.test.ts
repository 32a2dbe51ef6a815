/**
 * Input by address on real processes: a scheduler, workers that allow different sites, and a site.
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  addSlices,
  computeFor,
  init,
  isError,
  RemoteDataPattern,
  RemoteDataSet,
} from '../../src/entry/deployer.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { respondWith, serveData, type DataServer } from '../../src/testing/data-server.js';
import { startCluster, startWorker, type Cluster } from '../fixtures/cluster.mjs';

let cluster: Cluster;
let site: DataServer;
let other: DataServer;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const numbers = Array.from({ length: 30 }, (_, i) => [
    `/n/${i + 1}.json`,
    respondWith('application/json', `${i + 1}`),
  ]);
  site = await serveData({
    '/text': respondWith('text/plain; charset=utf-8', 'grün'),
    '/json': respondWith('application/json', '{"a":[1,2]}'),
    '/bytes': respondWith('image/png', new Uint8Array([0, 255])),
    ...(Object.fromEntries(numbers) as Record<string, ReturnType<typeof respondWith>>),
  });
  other = await serveData({ '/text': respondWith('text/plain', 'elsewhere') });
  cluster = await startCluster({ workers: 1 });
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
});
afterAll(async () => {
  for (const end of ends.splice(0)) await end();
  await cluster.stop();
  await Promise.all([site.close(), other.close()]);
});

async function hire(...allowOrigins: string[]): Promise<void> {
  const worker = await startWorker(cluster.url, { home: cluster.home, allowOrigins });
  ends.push(() => worker.end());
}

it('remote input is leased only to workers that allow its origins, and is decoded there to text, values and bytes', async () => {
  const { origin } = site;
  const job = computeFor(
    new RemoteDataSet(`${origin}/text`, `${origin}/json`, new URL(`${origin}/bytes`), 'data:,here'),
    (datum: unknown) => (datum instanceof Uint8Array ? ['bytes', ...datum] : datum),
  );
  const both = computeFor(
    [new URL(`${origin}/text`), new URL(`${other.origin}/text`)],
    (text: string) => text,
  );
  job.autoClose = false;
  await job.deploy();
  await both.deploy();
  // The cluster's own worker allows no site: the next job that it runs shows that it skipped these jobs.
  expect([...(await computeFor([1], (x: number) => x + 1).exec())]).toEqual([2]);
  expect(site.requests).toEqual([]);
  await hire(origin);
  await expect.poll(() => job.fetchResults().then((found) => found.length)).toBe(4);
  const added = await addSlices(new RemoteDataPattern(`${origin}/n/{slice}.json`, 30), job.id);
  expect(added).toMatchObject({ firstSliceNumber: 5, lastSliceNumber: 34 });
  const refused: unknown = await job
    .addSlices(new RemoteDataSet(`${other.origin}/text`))
    .catch((e: unknown) => e);
  expect(isError(refused, 'ORIGIN_NOT_ALLOWED')).toBe(true);
  await job.close();
  const upTo30 = Array.from({ length: 30 }, (_, i) => i + 1);
  expect([...(await job.wait())]).toEqual(['grün', { a: [1, 2] }, ['bytes', 0, 255], 'here', ...upTo30]);
  expect(other.requests).toEqual([]);
  await hire(origin, other.origin);
  expect([...(await both.wait())]).toEqual(['grün', 'elsewhere']);
});

it('only the slice whose URL has no content is lost, with the reason', async () => {
  const job = computeFor(
    new RemoteDataSet(['/text', '/none', '/json'].map((path) => site.origin + path)),
    () => 1,
  );
  const error: unknown = await job.exec().catch((reason: unknown) => reason);
  if (!isError(error, 'SLICES_FAILED')) throw error;
  expect(error.info.failures).toMatchObject([
    {
      sliceNumber: 2,
      error: { code: 'FETCH_FAILED', message: expect.stringContaining('answered with 404') as string },
    },
  ]);
  expect(Object.keys(error.info.results)).toEqual(['0', '2']);
});
