/**
 * A short job beside a long one on few sandboxes gets its fair share, whichever job the sandboxes have loaded.
 * @module
 */
import { expect, it } from 'vitest';
import { LEASE_TARGET_MS } from '../../src/protocol/limits.js';
import { Simulation } from './simulation.js';

const LONG_SLICES = 1_000;
const SHORT_SLICES = 10;
/** Number of different moments within a lease of the long job at which the short job is deployed. */
const ARRIVALS = 8;

/** Duration of a short job that is deployed `afterMs` after a long one, virtual milliseconds. */
async function play(seed: number, workers: number, sandboxes: number, afterMs: number): Promise<number> {
  const simulation = new Simulation(seed, { latencyMs: [0.2, 1] });
  await simulation.prepare();
  const { clock } = simulation;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const run = async (): Promise<number> => {
    await simulation.startScheduler();
    const slice = (_n: number, ms: unknown) => ({ kind: 'value' as const, value: 1, ms: ms as number });
    for (let i = 0; i < workers; i++) await simulation.startWorker({ slice, assignMs: 100 }, sandboxes);
    await pause(1_000);
    const deployer = simulation.deployer('deployer');
    const long = deployer.computeFor(
      Array.from({ length: LONG_SLICES }, () => 1_000),
      '(x) => x',
    );
    await long.deploy();
    await pause(afterMs);
    const startedMs = clock.monotonicMs();
    await deployer
      .computeFor(
        Array.from({ length: SHORT_SLICES }, () => 100),
        '(x) => x + 1',
      )
      .exec();
    const tookMs = clock.monotonicMs() - startedMs;
    await long.cancel();
    return tookMs;
  };
  return clock.runUntil(run(), { maxMs: 3_600_000, maxTimers: 2_000_000 });
}

it.each([
  [1, 1],
  [1, 2],
  [2, 1],
])(
  'a short job beside a long one ends within a few lease times, with %i workers of %i sandboxes',
  async (workers, sandboxes) => {
    const took: number[] = [];
    for (let seed = 1; seed <= ARRIVALS; seed++)
      took.push(await play(seed, workers, sandboxes, 10_000 + seed * 377));
    expect(Math.max(...took)).toBeLessThan(5 * LEASE_TARGET_MS);
    expect(took.reduce((a, b) => a + b, 0) / ARRIVALS).toBeLessThan(2 * LEASE_TARGET_MS);
  },
);
