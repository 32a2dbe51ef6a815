/**
 * An input of unknown length with a small bound, over real processes: it is read as it is computed, to its end.
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { computeFor, init } from '../../src/entry/deployer.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ workers: 1 });
});
afterAll(() => cluster.stop());

it('an input is read to its end, never further ahead of the computed slices than the limit of the job', async () => {
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
  let read = 0;
  let furthest = 0;
  let results = 0;
  const numbers = function* (): Generator<number> {
    while (read < 3_000) {
      furthest = Math.max(furthest, read - results);
      yield read++;
    }
  };
  const job = computeFor(numbers(), (n) => n * 2);
  job.readAhead = { slices: 200 };
  job.on('result', () => void results++);
  const done = await job.exec();
  expect([...done]).toEqual(Array.from({ length: 3_000 }, (_, n) => n * 2));
  // Slices whose results are still in transit count here too.
  expect(furthest).toBeLessThan(1_000);
  expect(furthest).toBeGreaterThan(100);
});
