/**
 * A deployer process that is killed while it uploads its input: another process goes on without loss or repeat, and a third
 * one attaches to the job, gets everything, and ends by itself.
 * @module
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attach, compute, init } from 'manyhands';
import { openWallet } from 'manyhands/wallet';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';

const script = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url));
const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  MANYHANDS_HOME: cluster.home,
  MANYHANDS_SCHEDULER: cluster.url,
});

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ workers: 1 });
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
});
afterAll(() => cluster.stop());

/** Starts a deployer, and kills it once the scheduler has slices of its input. Returns the id of its job. */
async function killMidUpload(): Promise<string> {
  const child = spawn(process.execPath, [script('endless-input')], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const [id] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  await expect.poll(async () => (await compute.status(id)).total, { timeout: 30_000 }).toBeGreaterThan(5_000);
  child.kill('SIGKILL');
  await gone;
  return id;
}

it('an input goes on in another process after SIGKILL, without loss or repeat', async () => {
  const id = await killMidUpload();
  const job = await attach<number>(id);
  expect(job.committed).toBeGreaterThan(5_000);
  let begunAt = 0;
  let end = 0;
  await job.resumeInput(function* (from: number) {
    begunAt = from;
    end = from + 20_000;
    for (let n = from + 1; n <= end; n++) yield n;
  });
  expect(begunAt).toBeGreaterThanOrEqual(5_000);
  const results = await job.wait();
  expect(results).toHaveLength(end);
  expect(results.findIndex((result, i) => result !== 2 * (i + 1))).toBe(-1);

  const { stdout } = await promisify(execFile)(process.execPath, [script('attached'), id], {
    env: environment(),
  });
  expect(JSON.parse(stdout)).toEqual({
    completed: end,
    inOrder: end,
    results: end,
    complete: 1,
    hasStatus: true,
  });
});
