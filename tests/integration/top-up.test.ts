/**
 * A paid job whose deployer's process is gone is topped up from a handle of `attach`, as its owner.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attach, compute, computeFor, init } from '../../src/entry/deployer.node.js';
import { openOperator } from '../../src/entry/operator.node.js';
import { startScheduler, type Scheduler } from '../../src/entry/scheduler.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { Keystore } from '../../src/wallet/keystore.js';

let home: string;
let scheduler: Scheduler;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'manyhands-topup-'));
  scheduler = await startScheduler({ port: 0, dataDir: join(home, 'scheduler') });
  init({ scheduler: scheduler.url, wallet: openWallet(home) });
});
afterAll(async () => {
  await scheduler.close();
  await rm(home, { recursive: true });
});

it('a job without funds continues after a top-up signed by its paying account, and by no other account', async () => {
  const { address } = await openWallet(home).get();
  const operator = await openOperator({ scheduler: scheduler.url, token: scheduler.operatorToken });
  await operator.mint(address, 100n * 10n ** 9n);
  await operator.close();
  const job = computeFor([1, 2, 3], (x: number) => x);
  await job.deploy({ pricePerSlice: 2, ceiling: 1 });
  expect(await compute.status(job.id)).toMatchObject({ runStatus: 'paused', reason: 'nofunds' });
  const later = await attach(job.id);
  const stranger = later.topUp(6, await Keystore.create());
  await expect(stranger).rejects.toMatchObject({ code: 'OFFER_MISMATCH' });
  // The deployer refuses before it signs; the scheduler would refuse as well, without knowing the intended payer.
  await expect(stranger).rejects.toThrowError(`is paid by ${address}, but the keystore is that of 0x`);
  await later.topUp(6);
  expect((await compute.status(job.id)).runStatus).toBe('running');
  await expect(later.topUp(5)).rejects.toMatchObject({ code: 'OFFER_MISMATCH' });
  await job.cancel();
  const free = computeFor([1], (x: number) => x);
  await free.deploy();
  await expect((await attach(free.id)).topUp(5)).rejects.toMatchObject({ code: 'JOB_STATE' });
  await free.cancel();
});
