/**
 * A slice goes on from its checkpoint after its worker was killed; its events reach the program that follows the job; and a
 * slice that is given back runs elsewhere, or fails with its reason. Real processes.
 * @module
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attach, computeFor, init } from '../../src/entry/deployer.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { startCluster, startWorker, type Cluster } from '../fixtures/cluster.mjs';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster({ workers: 0 });
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
});
afterEach(() => cluster.stop());

/** Three steps, each stored; the first attempt waits after its second step, until it is killed. */
const STEPS = `async (x) => {
  const from = work.state?.step ?? 0;
  for (let step = from + 1; step <= 3; step++) {
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const saved = await work.checkpoint({ step, x });
    work.emit('Step', { step, saved });
    if (step === 2) await new Promise(() => {});
  }
  return { from, state: work.state };
}`;

it('a slice whose worker is killed goes on from its checkpoint on another worker', async () => {
  const first = await startWorker(cluster.url, { home: cluster.home });
  const job = computeFor<unknown>(['a'], STEPS);
  const seen: unknown[] = [];
  const isStored = new Promise<void>((resolve) =>
    job.work.on('step', ({ sliceNumber, attempt, data, job: from, name }) => {
      expect([from, name]).toEqual([job, 'Step']);
      seen.push([sliceNumber, attempt, data]);
      if (seen.length === 2) resolve();
    }),
  );
  const results = job.exec();
  await isStored;
  await first.end('SIGKILL');
  const second = await startWorker(cluster.url, { home: cluster.home });
  expect([...(await results)]).toEqual([{ from: 2, state: { step: 2, x: 'a' } }]);
  expect(seen).toEqual([
    [1, 1, { step: 1, saved: true }],
    [1, 1, { step: 2, saved: true }],
    [1, 2, { step: 3, saved: true }],
  ]);
  await second.end();
});

it('a slice that every attempt gives back fails with its reason, and succeeds where it is retried in time', async () => {
  const worker = await startWorker(cluster.url, { home: cluster.home });
  const job = computeFor<unknown>(
    [1, 2, 3],
    `(x) => { if (x === 2) work.reject('no data for 2'); return x; }`,
  );
  job.limits = { attempts: 2 };
  await expect(job.exec()).rejects.toMatchObject({
    code: 'SLICES_FAILED',
    info: {
      failures: [
        {
          sliceNumber: 2,
          error: { code: 'WORK_REJECTED', message: expect.stringContaining('no data for 2') as string },
        },
      ],
    },
  });
  expect(await (await attach(job.id)).retry()).toBe(1);
  await worker.end();
});
