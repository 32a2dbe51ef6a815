/**
 * A fault between the commit of the last report of a lease and its reply: the totals of the worker must still equal the ledger.
 * @module
 */
import { expect, it } from 'vitest';
import type { CommandResult } from '../../src/scheduler/store/port/store.js';
import { Simulation } from './simulation.js';

const SLICES = 120;
const PRICE_CREDITS = 0.001;
const UNITS_PER_CREDIT = 10n ** 9n;
const PRICE = UNITS_PER_CREDIT / 1_000n;

/** Calls `injectFault` after each commit of the last report of a lease, once per lease, before the reply is sent. */
function afterLastReports(simulation: Simulation, injectFault: () => void): { injected: number } {
  const { store } = simulation;
  const commit = store.commit.bind(store);
  const seen = new Set<string>();
  const counts = { injected: 0 };
  store.commit = async (commands, roster) => {
    const committed = await commit(commands, roster);
    commands.forEach((command, i) => {
      const outcome = committed.outcomes[i]!;
      if (command.name !== 'report' || !outcome.ok || seen.has(command.leaseId)) return;
      if ((outcome.value as CommandResult<'report'>).left > 0) return;
      seen.add(command.leaseId);
      counts.injected++;
      injectFault();
    });
    return committed;
  };
  return counts;
}

const FAULTS: [string, (simulation: Simulation) => void][] = [
  ['the socket', (simulation) => simulation.network.cut('worker 1')],
  [
    'the scheduler',
    (simulation) => {
      simulation.killScheduler();
      simulation.clock.after(50, () => void simulation.startScheduler());
    },
  ],
];

it.each(FAULTS)(
  'a worker counts all its payments although %s fails before the reply is sent',
  async (_what, injectFault) => {
    const simulation = new Simulation(3, { latencyMs: [1, 20] });
    await simulation.prepare();
    const payer = await simulation.wallet.get();
    await simulation.mint(payer.address, UNITS_PER_CREDIT);
    const counts = afterLastReports(simulation, () => injectFault(simulation));
    const warnings: Error[] = [];
    const paid: bigint[] = [];
    const reported: number[] = [];
    const play = async (): Promise<void> => {
      await simulation.startScheduler();
      const script = { slice: (n: number) => ({ kind: 'value' as const, value: n, ms: 300 }) };
      const { worker } = await simulation.startWorker(script, 1);
      worker.on('warning', ({ error }) => warnings.push(error));
      worker.on('payment', ({ amount }) => paid.push(amount));
      worker.on('result', ({ count }) => reported.push(count));
      const job = simulation.deployer('deployer').computeFor({ start: 1, end: SLICES }, (x: number) => x);
      await job.deploy({ pricePerSlice: PRICE_CREDITS, ceiling: 0.9 }, payer);
      await job.wait();
      // The reply to the last report may be lost: the worker repeats the report.
      while (worker.status.slices < SLICES && simulation.clock.monotonicMs() < 600_000)
        await new Promise<void>((resolve) => void simulation.clock.after(100, resolve));
      expect(worker.status).toMatchObject({ slices: SLICES, earned: PRICE * BigInt(SLICES) });
    };
    await simulation.clock.runUntil(play(), { maxMs: 3_600_000, maxTimers: 1_000_000 });
    expect(counts.injected).toBeGreaterThan(5);
    expect(reported.reduce((sum, count) => sum + count)).toBe(SLICES);
    expect(paid.reduce((sum, amount) => sum + amount)).toBe(PRICE * BigInt(SLICES));
    expect(warnings).toEqual([]);
    expect(await simulation.store.account(`0x${'1'.padStart(40, '0')}`)).toMatchObject({
      earned: PRICE * BigInt(SLICES),
    });
    expect(await simulation.store.check()).toEqual([]);
  },
);
