/**
 * What data and arguments may be besides values: streams, files and addresses; with a real scheduler and a worker with threads
 * in this process.
 * @module
 */
import { openAsBlob } from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { computeFor, RemoteDataSet } from 'manyhands';
import { respondWith, serveData, type DataServer } from '../../src/testing/data-server.js';
import { startResultsFixture, type ResultsFixture } from './results-fixture.js';

let fixture: ResultsFixture;
let site: DataServer;
beforeAll(async () => {
  fixture = await startResultsFixture('thread');
  site = await serveData({
    '/text': respondWith('text/plain', 'ä'),
    '/json': respondWith('application/json', '{"a":[1]}'),
  });
});
afterAll(async () => {
  await fixture.stop();
  await site.close();
});

const sizes = async (files: Iterable<Blob> | AsyncIterable<Blob>): Promise<number[]> =>
  Array.from(await computeFor(files, (bytes) => bytes.reduce((sum, byte) => sum + byte, 0)).exec());

it('a stream of Node and one of the web are read to their end', async () => {
  const web = new ReadableStream<number>({
    start(controller) {
      for (let n = 0; n < 1_000; n++) controller.enqueue(n);
      controller.close();
    },
  });
  const node = Readable.from([1, 2, 3]) as AsyncIterable<number>;
  const [a, b] = await Promise.all([
    computeFor(web, (n) => n * 2).exec(),
    computeFor(node, (n) => n * 2).exec(),
  ]);
  expect(Array.from(a)).toEqual(Array.from({ length: 1_000 }, (_, n) => n * 2));
  expect(Array.from(b)).toEqual([2, 4, 6]);
});

it('files and blobs are read as bytes when it is their turn, from arrays and async iterables', async () => {
  const path = join(fixture.home, 'three');
  await writeFile(path, Uint8Array.of(1, 2, 3));
  const files = [
    new Blob([Uint8Array.of(7)]),
    new File([Uint8Array.of(8, 1)], 'nine'),
    await openAsBlob(path),
  ];
  expect(await sizes(files)).toEqual([7, 9, 6]);
  const later = (async function* () {
    await Promise.resolve();
    yield* files;
  })();
  expect(await sizes(later)).toEqual([7, 9, 6]);
  const gone = await openAsBlob(path);
  await unlink(path);
  await expect(sizes([gone])).rejects.toMatchObject({ code: 'INPUT_FAILED' });
});

it('arguments are files, addresses and sets of addresses, whose content is sent with the job', async () => {
  const { origin } = site;
  const work = (n: number, ...args: unknown[]): unknown[] => [n, ...args];
  const given = [new URL(`${origin}/text`), 'plain', new Blob([Uint8Array.of(5)]), new URL('data:,x')];
  const [first] = await computeFor([1], work, given).exec();
  expect(first).toEqual([1, 'ä', 'plain', Uint8Array.of(5), 'x']);
  const set = new RemoteDataSet(`${origin}/json`, `${origin}/text`);
  const [second] = await computeFor([2], work, set).exec();
  expect(second).toEqual([2, { a: [1] }, 'ä']);
  const [third] = await computeFor([3], work, [0, set] as unknown[]).exec();
  expect(third).toEqual([3, 0, { a: [1] }, 'ä']);
  const missing = computeFor([1], work, [new URL(`${origin}/none`)]).exec();
  await expect(missing).rejects.toMatchObject({ code: 'FETCH_FAILED', message: /answered with 404/ });
});

it('thirty large files as data and arguments leave no warning of too many listeners', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const large = (n: number): Blob => new Blob([new Uint8Array(600_000).fill(n)]);
  const data = Array.from({ length: 30 }, (_, n) => large(n + 1));
  const job = computeFor(data, (bytes: Uint8Array, ...files: Uint8Array[]) => bytes[0]! + files.length, data);
  for (let n = 0; n < 15; n++) await job.fs.add(new Uint8Array(600_000).fill(n), `~/file-${n}`);
  const results = await job.exec();
  process.off('warning', onWarning);
  expect(Array.from(results)).toEqual(data.map((_, n) => n + 1 + 30));
  expect(warnings).toEqual([]);
});
