/**
 * The operator restores a copy of the database that was taken while everything ran, under a deployer that has read
 * further than the copy knows: no result is missing, none comes twice, and nobody waits for ever.
 * @module
 */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { attach, computeFor, init } from '../../src/entry/deployer.node.js';
import { checkDataDir } from '../../src/entry/scheduler.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';

const SLICES = 240;
const DATABASE = 'manyhands.db';
let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster({ workers: 1 });
});
afterEach(() => cluster.stop());

/** A backup as docs/scheduler.md describes it: one consistent file, made while the scheduler runs. */
function backUp(): string {
  const copy = join(cluster.home, 'backup.db');
  const database = new Database(join(cluster.dataDir, DATABASE));
  database.exec(`VACUUM INTO '${copy}'`);
  database.close();
  return copy;
}

const restore = (copy: string): Promise<void> =>
  cluster.restartScheduler(async () => {
    for (const suffix of ['', '-wal', '-shm'])
      await rm(join(cluster.dataDir, DATABASE + suffix), { force: true });
    await cp(copy, join(cluster.dataDir, DATABASE));
  });

it('a deployer whose cursor is ahead of a restored backup gets every result once', async () => {
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
  const job = computeFor({ start: 1, end: SLICES }, (x: number) => {
    for (const endMs = Date.now() + 15; Date.now() < endMs;);
    return x * 2;
  });
  const seen: number[] = [];
  job.on('result', ({ sliceNumber }) => seen.push(sliceNumber));
  const done = job.exec();
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(20), { timeout: 20_000, interval: 20 });
  const copy = backUp();
  const atBackup = seen.length;
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(atBackup + 60), {
    timeout: 20_000,
    interval: 20,
  });
  const { cursor } = job;
  await restore(copy);
  const results = await done;
  expect([...results]).toEqual(Array.from({ length: SLICES }, (_, i) => (i + 1) * 2));
  expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: SLICES }, (_, i) => i + 1));
  const stale = await attach(job.id, { after: cursor });
  await expect(stale.wait()).rejects.toMatchObject({ code: 'CURSOR_UNKNOWN' });
  const fresh = await attach<number>(job.id);
  expect([...(await fresh.wait())]).toEqual([...results]);
  expect(await checkDataDir(cluster.dataDir)).toEqual([]);
});

it('a job whose slices are missing in the restored backup is not reported as complete', async () => {
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
  const job = computeFor([1, 2, 3], (x: number) => x);
  job.autoClose = false;
  await job.deploy();
  const seen: number[] = [];
  job.on('result', ({ sliceNumber }) => seen.push(sliceNumber));
  await vi.waitFor(() => expect(seen.length).toBe(3), { timeout: 20_000, interval: 20 });
  const copy = backUp();
  await job.addSlices([4, 5]);
  await vi.waitFor(() => expect(seen.length).toBe(5), { timeout: 20_000, interval: 20 });
  const done = job.wait();
  const refused = expect(done).rejects.toMatchObject({
    code: 'RESULTS_INCOMPLETE',
    info: { known: 5, total: 3 },
  });
  await restore(copy);
  await refused;
});
