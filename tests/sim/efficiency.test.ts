/**
 * The share of two cores that reaches the work function in virtual time: every loss here is due to leases, batches and
 * recalls, on any machine. The reference is an ideal queue that hands out one slice at a time at no cost; it does not know
 * durations in advance either, and may end with one core idle for the duration of the longest slice (Graham, 1966).
 */
import { expect, it } from 'vitest';
import { Simulation } from './simulation.js';

/** Evenly spread in its logarithm over a factor of a thousand, mean 5. */
const skewed = (share: number): number => 5 * 0.2186 * 10 ** (share * 3 - 1.5);

function scattered(i: number, seed: number): number {
  let h = Math.imul(i + 1 + seed * 100_003, 0x9e3779b1) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) >>> 0;
  return (h >>> 8) / 2 ** 24;
}

/** The result of one run depends on which worker gets the last long slice: the mean over these seeds is tested. */
const SEEDS = [1, 2, 3, 4, 5, 6];

/** `share`: minimum ratio of the speed of the workers to that of the queue, on average. */
const cases: [name: string, slices: number, share: number, ms: (i: number, seed: number) => number][] = [
  ['of 100 ms', 200, 0.99, () => 100],
  ['of 1 ms', 10_000, 0.99, () => 1],
  ['skewed a thousandfold', 2_000, 0.99, (i, seed) => skewed(scattered(i, seed))],
  ['sorted by their time, a thousandfold', 2_000, 0.95, (i) => skewed(i / 2_000)],
  ['that turn a hundred thousand times slower at the end', 2_000, 0.985, (i) => (i < 1_900 ? 0.1 : 10_000)],
];

/** Ratio of the speed of two workers to that of the queue, in one run. */
async function speed(seed: number, slices: number, ms: (i: number) => number): Promise<number> {
  const simulation = new Simulation(seed, { latencyMs: [0.2, 1] });
  await simulation.prepare();
  const { clock } = simulation;
  const play = async (): Promise<number> => {
    await simulation.startScheduler();
    const slice = (_n: number, datum: unknown) => ({
      kind: 'value' as const,
      value: 0,
      ms: ms(datum as number),
    });
    for (let i = 0; i < 2; i++) await simulation.startWorker({ slice }, 1);
    await new Promise<void>((resolve) => void clock.after(1_000, resolve));
    const data = Array.from({ length: slices }, (_, i) => i);
    const startedMs = clock.monotonicMs();
    await simulation.deployer('deployer').computeFor(data, '(x) => x').exec();
    return clock.monotonicMs() - startedMs;
  };
  const tookMs = await clock.runUntil(play(), { maxTimers: 5_000_000 });
  const times = Array.from({ length: slices }, (_, i) => ms(i));
  return (times.reduce((a, b) => a + b, 0) + Math.max(...times)) / 2 / tookMs;
}

it.each(cases)(
  'two workers reach nearly the speed of an ideal queue, on average over several seeds: slices %s',
  async (_name, slices, share, ms) => {
    const speeds: number[] = [];
    for (const seed of SEEDS) speeds.push(await speed(seed, slices, (i) => ms(i, seed)));
    expect(speeds.reduce((a, b) => a + b, 0) / speeds.length).toBeGreaterThan(share);
  },
);
