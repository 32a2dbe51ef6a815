/**
 * A short job beside a long one on few sandboxes: it takes its turns, whatever the sandboxes are warm for.
 * @module
 */
import { expect, it } from 'vitest';
import { LEASE_TARGET_MS } from '../../src/protocol/limits.js';
import { World } from './world.js';

const LONG_SLICES = 1_000;
const SHORT_SLICES = 10;
/** The short job comes at so many different places of the long one's leases. */
const ARRIVALS = 8;

/** How long a short job takes that comes `afterMs` after a long one began, virtual milliseconds. */
async function play(seed: number, workers: number, sandboxes: number, afterMs: number): Promise<number> {
  const world = new World(seed, { latencyMs: [0.2, 1] });
  await world.prepare();
  const { clock } = world;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const run = async (): Promise<number> => {
    await world.startScheduler();
    const slice = (_n: number, ms: unknown) => ({ kind: 'value' as const, value: 1, ms: ms as number });
    for (let i = 0; i < workers; i++) await world.hire({ slice, assignMs: 100 }, sandboxes);
    await pause(1_000);
    const deployer = world.deployer('deployer');
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
  'a short job ends within a few leases of the long one that has %i workers of %i sandboxes',
  async (workers, sandboxes) => {
    const took: number[] = [];
    for (let seed = 1; seed <= ARRIVALS; seed++)
      took.push(await play(seed, workers, sandboxes, 10_000 + seed * 377));
    expect(Math.max(...took)).toBeLessThan(5 * LEASE_TARGET_MS);
    expect(took.reduce((a, b) => a + b, 0) / ARRIVALS).toBeLessThan(2 * LEASE_TARGET_MS);
  },
);
