/**
 * Runs a job while the network between its clients (deployer and workers) and the scheduler is faulty for a while.
 * @module
 */
import { expect, vi } from 'vitest';
import { computeFor, init } from '../../../src/entry/deployer.node.js';
import { checkDataDir } from '../../../src/entry/scheduler.node.js';
import { openWallet } from '../../../src/entry/wallet.node.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';
import { startCluster, startWorker, type WorkerProcess } from '../../fixtures/cluster.mjs';
import { faultDuration } from '../../fixtures/fault-duration.mjs';
import type { MakeFault } from './faults.js';
import { FaultyProxy } from './faulty-proxy.js';

const WORKERS = 2;
/** Enough slices for the job to outlast the fault. */
const SLICES = 1_000;
/** Number of results before the fault begins. */
const BEFORE = 60;
const FAULT_MS = 10_000;
/** Every so many slices the result is longer than a TCP packet. */
const LARGE_EVERY = 50;
const LARGE_LENGTH = 20_000;
const TEXT_LENGTH = 10;

interface Result {
  slice: number;
  text: string;
}

/** Takes 20 to 60 ms a slice. */
const WORK = `async (slice) => {
  await new Promise((resolve) => setTimeout(resolve, 20 + (slice % 40)));
  return { slice, text: 'x'.repeat(slice % ${LARGE_EVERY} === 0 ? ${LARGE_LENGTH} : ${TEXT_LENGTH}) };
}`;

const expected = (slice: number): Result => ({
  slice,
  text: 'x'.repeat(slice % LARGE_EVERY === 0 ? LARGE_LENGTH : TEXT_LENGTH),
});

/** Expects that the job completes with every result, that each result event is emitted once, and that the store is consistent. */
export async function surviveFault(makeFault: MakeFault, seed: number): Promise<void> {
  const cluster = await startCluster({ workers: 0 });
  const proxy = await FaultyProxy.start(cluster.url);
  const workers: WorkerProcess[] = [];
  try {
    for (let i = 0; i < WORKERS; i++) workers.push(await startWorker(proxy.url, { home: cluster.home }));
    init({ scheduler: proxy.url, wallet: openWallet(cluster.home) });
    const job = computeFor<Result>({ start: 1, end: SLICES }, WORK);
    const received: number[] = [];
    job.on('result', ({ sliceNumber }) => received.push(sliceNumber));
    const done = job.exec();
    await vi.waitFor(() => expect(received.length).toBeGreaterThan(BEFORE), {
      timeout: 60_000,
      interval: 50,
    });
    const count = { times: 0 };
    proxy.begin(makeFault(new SeededRandom(seed), count));
    await Promise.race([faultDuration(FAULT_MS), done]);
    proxy.end();
    expect(count.times).toBeGreaterThan(0);
    const results = await done;
    expect([...results]).toEqual(Array.from({ length: SLICES }, (_, i) => expected(i + 1)));
    expect(received.sort((a, b) => a - b)).toEqual(Array.from({ length: SLICES }, (_, i) => i + 1));
    expect(await checkDataDir(cluster.dataDir)).toEqual([]);
  } finally {
    await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
    await proxy.stop();
    await cluster.stop();
  }
}
