/**
 * A job over a scheduler that is killed with SIGKILL, again and again, at moments that a seed picks.
 * @module
 */
import { expect } from 'vitest';
import { computeFor, init } from '../../src/entry/deployer.node.js';
import { openOperator } from '../../src/entry/operator.node.js';
import { startScheduler } from '../../src/entry/scheduler.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { startCluster } from '../fixtures/cluster.mjs';

const SLICES = 10_000;
const PRICE_UNITS = 1_000n;
const UNITS_PER_CREDIT = 10n ** 9n;

/** Computes for about a tenth of a millisecond, so that the job outlasts the kills. */
function work(x: number): number {
  let y = x;
  for (let i = 0; i < 50_000; i++) y = (Math.imul(y, 1_664_525) + 1_013_904_223) | 0;
  return y;
}

/** Runs one job of 10,000 paid slices through `kills` kills, and checks results, payments and events afterwards. */
export async function surviveKills(kills: number, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const cluster = await startCluster();
  try {
    const wallet = openWallet(cluster.home);
    init({ scheduler: cluster.url, wallet });
    const payer = await wallet.get();
    const operator = await openOperator({ scheduler: cluster.url, token: cluster.operatorToken });
    await operator.mint(payer.address, UNITS_PER_CREDIT);
    await operator.close();

    const data = Array.from({ length: SLICES }, (_, i) => i);
    const job = computeFor(data, work);
    const seen = new Map<number, number>();
    const killAt = Array.from({ length: kills }, (_, k) =>
      Math.max(1, Math.floor(((k + random.next()) * SLICES) / (kills + 1))),
    );
    let wake = (): void => undefined;
    job.on('result', ({ sliceNumber, result }) => {
      expect(seen.has(sliceNumber)).toBe(false);
      seen.set(sliceNumber, result);
      wake();
    });
    const done = job.exec(0.000_001, payer);
    for (const threshold of killAt) {
      while (seen.size < threshold)
        await Promise.race([done, new Promise<void>((resolve) => (wake = resolve))]);
      // The kill is independent of the last event of the deployer, since the scheduler has served other clients meanwhile.
      for (let asked = random.integer(0, 12); asked > 0; asked--) await fetch(`${cluster.url}/healthz`);
      await cluster.restartScheduler();
    }
    const results = await done;
    expect(results).toHaveLength(SLICES);
    data.forEach((x) => expect(results[x]).toBe(work(x)));
    expect(seen.size).toBe(SLICES);
    await cluster.stopScheduler();
    await checkBooks(cluster.dataDir, payer.address);
  } finally {
    await cluster.stop();
  }
}

/** Opens the store on disk and checks it: one outcome per slice, each paid once, a ledger that sums to zero. */
async function checkBooks(dataDir: string, payer: string): Promise<void> {
  const scheduler = await startScheduler({ port: 0, dataDir });
  try {
    expect(await scheduler.check()).toEqual([]);
    const operator = await openOperator({ scheduler: scheduler.url, dataDir });
    const { balance, escrow } = await operator.account(payer);
    await operator.close();
    expect(escrow).toBe(0n);
    expect(balance).toBe(UNITS_PER_CREDIT - PRICE_UNITS * BigInt(SLICES));
  } finally {
    await scheduler.close();
  }
}
