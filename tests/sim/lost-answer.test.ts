/**
 * The worst moment for a connection to break: a report is committed, its lease is over by it, and its answer is not
 * sent yet. What the worker counts must be what the ledger says.
 * @module
 */
import { expect, it } from 'vitest';
import type { CommandResult } from '../../src/scheduler/store/port/store.js';
import { World } from './world.js';

const SLICES = 120;
const PRICE_CREDITS = 0.001;
const UNITS_PER_CREDIT = 10n ** 9n;
const PRICE = UNITS_PER_CREDIT / 1_000n;

/** Calls `strike` behind each commit of a lease's last report, once each, before anybody hears of it. */
function atLastReports(world: World, strike: () => void): { struck: number } {
  const { store } = world;
  const commit = store.commit.bind(store);
  const seen = new Set<string>();
  const counts = { struck: 0 };
  store.commit = async (commands, roster) => {
    const committed = await commit(commands, roster);
    commands.forEach((command, i) => {
      const outcome = committed.outcomes[i]!;
      if (command.name !== 'report' || !outcome.ok || seen.has(command.leaseId)) return;
      if ((outcome.value as CommandResult<'report'>).left > 0) return;
      seen.add(command.leaseId);
      counts.struck++;
      strike();
    });
    return committed;
  };
  return counts;
}

const STRIKES: [string, (world: World) => void][] = [
  ['the socket', (world) => world.network.cut('worker 1')],
  [
    'the scheduler',
    (world) => {
      world.killScheduler();
      world.clock.after(50, () => void world.startScheduler());
    },
  ],
];

it.each(STRIKES)(
  'a worker counts what it was paid, though %s dies before it is told',
  async (_what, strike) => {
    const world = new World(3, { latencyMs: [1, 20] });
    await world.prepare();
    const payer = await world.wallet.get();
    await world.mint(payer.address, UNITS_PER_CREDIT);
    const counts = atLastReports(world, () => strike(world));
    const warnings: Error[] = [];
    const paid: bigint[] = [];
    const reported: number[] = [];
    const play = async (): Promise<void> => {
      await world.startScheduler();
      const script = { slice: (n: number) => ({ kind: 'value' as const, value: n, ms: 300 }) };
      const { worker } = await world.hire(script, 1);
      worker.on('warning', ({ error }) => warnings.push(error));
      worker.on('payment', ({ amount }) => paid.push(amount));
      worker.on('result', ({ count }) => reported.push(count));
      const job = world.deployer('deployer').computeFor({ start: 1, end: SLICES }, (x: number) => x);
      await job.deploy({ pricePerSlice: PRICE_CREDITS, ceiling: 0.9 }, payer);
      await job.wait();
      // The last answer may still be on its way: asked again, it comes.
      while (worker.status.slices < SLICES && world.clock.monotonicMs() < 600_000)
        await new Promise<void>((resolve) => void world.clock.after(100, resolve));
      expect(worker.status).toMatchObject({ slices: SLICES, earned: PRICE * BigInt(SLICES) });
    };
    await world.clock.runUntil(play(), { maxMs: 3_600_000, maxTimers: 1_000_000 });
    expect(counts.struck).toBeGreaterThan(5);
    expect(reported.reduce((sum, count) => sum + count)).toBe(SLICES);
    expect(paid.reduce((sum, amount) => sum + amount)).toBe(PRICE * BigInt(SLICES));
    expect(warnings).toEqual([]);
    expect(await world.store.account(`0x${'1'.padStart(40, '0')}`)).toMatchObject({
      earned: PRICE * BigInt(SLICES),
    });
    expect(await world.store.check()).toEqual([]);
  },
);
