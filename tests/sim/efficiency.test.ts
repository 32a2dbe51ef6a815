/**
 * What of two cores reaches the work function when computing costs nothing but time: everything that is lost here is lost
 * to leases, batches and recalls, on any machine. The peer is a queue that hands out one slice at a time at no cost: it
 * knows no times in advance either, and may end with one core idle for the length of the longest slice (Graham, 1966).
 */
import { expect, it } from 'vitest';
import { World } from './world.js';

/** Evenly spread in its logarithm over a factor of a thousand, mean 5. */
const skewed = (share: number): number => 5 * 0.2186 * 10 ** (share * 3 - 1.5);

function scattered(i: number): number {
  let h = Math.imul(i + 1, 0x9e3779b1) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) >>> 0;
  return (h >>> 8) / 2 ** 24;
}

const cases: [name: string, slices: number, ms: (i: number) => number][] = [
  ['of 100 ms', 200, () => 100],
  ['of 1 ms', 10_000, () => 1],
  ['skewed a thousandfold', 2_000, (i) => skewed(scattered(i))],
  ['sorted by their time, a thousandfold', 2_000, (i) => skewed(i / 2_000)],
  ['that turn a hundred thousand times slower at the end', 2_000, (i) => (i < 1_900 ? 0.1 : 10_000)],
];

it.each(cases)(
  'two workers lose less than a hundredth of their time against a queue that costs nothing, to slices %s',
  async (_name, slices, ms) => {
    const world = new World(1, { latencyMs: [0.2, 1] });
    await world.prepare();
    const { clock } = world;
    const play = async (): Promise<number> => {
      await world.startScheduler();
      const slice = (_n: number, datum: unknown) => ({
        kind: 'value' as const,
        value: 0,
        ms: ms(datum as number),
      });
      for (let i = 0; i < 2; i++) await world.hire({ slice }, 1);
      await new Promise<void>((resolve) => void clock.after(1_000, resolve));
      const data = Array.from({ length: slices }, (_, i) => i);
      const startedMs = clock.monotonicMs();
      await world.deployer('deployer').computeFor(data, '(x) => x').exec();
      return clock.monotonicMs() - startedMs;
    };
    const tookMs = await clock.runUntil(play(), { maxTimers: 5_000_000 });
    const times = Array.from({ length: slices }, (_, i) => ms(i));
    const queueMs = (times.reduce((a, b) => a + b, 0) + Math.max(...times)) / 2;
    expect(queueMs / tookMs).toBeGreaterThan(0.99);
  },
);
