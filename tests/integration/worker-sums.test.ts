/**
 * What a worker says that it did and earned, against what the scheduler's ledger and its deployer say.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { computeFor, init } from 'manyhands';
import { openOperator } from 'manyhands/operator';
import { startScheduler, type Scheduler } from 'manyhands/scheduler';
import { openWallet } from 'manyhands/wallet';
import { Worker, type WorkerOptions } from 'manyhands/worker';

const FIRST = `0x${'1'.repeat(40)}`;
const SECOND = `0x${'2'.repeat(40)}`;
const CREDIT = 10n ** 9n;

let home: string;
let scheduler: Scheduler;
let identity: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'manyhands-sums-'));
  scheduler = await startScheduler({ port: 0, dataDir: join(home, 'scheduler') });
  const wallet = openWallet(home);
  init({ scheduler: scheduler.url, wallet });
  identity = (await wallet.getId()).address;
});
afterAll(async () => {
  await scheduler.close();
  await rm(home, { recursive: true });
});

const makeWorker = (options: WorkerOptions): Worker =>
  new Worker({ scheduler: scheduler.url, isolation: 'thread', cores: 1, owners: [identity], ...options });

it('the totals of a worker equal the ledger, also after a change of its payment address', async () => {
  const operator = await openOperator({ scheduler: scheduler.url, token: scheduler.operatorToken });
  await operator.mint((await openWallet(home).get()).address, 1_000n * CREDIT);
  await operator.close();
  const worker = makeWorker({ paymentAddress: FIRST });
  let paid = 0n;
  worker.on('payment', ({ amount }) => (paid += amount));
  worker.once('payment', () => (worker.options.paymentAddress = SECOND));
  await worker.start();
  const job = computeFor(
    Array.from({ length: 40 }, (_, i) => i),
    (x: number) => {
      const end = performance.now() + 20;
      while (performance.now() < end);
      return x;
    },
  );
  await job.exec(2);
  await vi.waitFor(() => expect(worker.status.slices).toBe(40));
  const second = await worker.account();
  worker.options.paymentAddress = FIRST;
  // The scheduler returns the account of the worker's payment address.
  const first = await vi.waitFor(async () => (await worker.account())!);
  expect(first.earned).toBeGreaterThan(0n);
  expect(second!.earned).toBeGreaterThan(0n);
  expect(first.earned + second!.earned).toBe(worker.status.earned);
  expect(paid).toBe(worker.status.earned);
  expect(worker.status.earned).toBe(40n * 2n * CREDIT);
  await worker.stop();
}, 30_000);

it('a worker counts slices that throw separately, and counts bytes per job', async () => {
  const worker = makeWorker({});
  const results: { count: number; failed: number }[] = [];
  worker.on('result', (taken) => results.push(taken));
  await worker.start();
  const text = 'x'.repeat(50_000);
  const job = computeFor([text, `${text}!`, text, text], (one: string) => {
    if (one.endsWith('!')) throw new Error('not this one');
    return one.length;
  });
  await expect(job.exec()).rejects.toMatchObject({ code: 'SLICES_FAILED' });
  const status = await vi.waitFor(() => {
    expect(worker.status.slices - worker.status.failed).toBe(3);
    return worker.status;
  });
  expect(status.failed).toBeGreaterThan(0);
  expect(results.reduce((sum, { failed }) => sum + failed, 0)).toBe(status.failed);
  expect(results.reduce((sum, { count }) => sum + count, 0)).toBe(status.slices);
  const { bytes } = await worker.jobInfo(job.id);
  expect(bytes).toBeGreaterThan(4 * 50_000);
  expect(bytes).toBeLessThan(worker.status.bytesToday);
  await worker.stop();
}, 30_000);
