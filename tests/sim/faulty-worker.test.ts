/**
 * Faulty workers: one whose machine throws, crashes or cannot load any job neither ends a job nor fails a slice while another
 * worker is connected; alone, it brings a job to its end.
 * @module
 */
import { expect, it } from 'vitest';
import { isError } from '../../src/lib/errors.js';
import { HELD_BACK_MS_MAX } from '../../src/protocol/limits.js';
import type { FakeSandboxScript } from '../../src/testing/worker/fake-sandbox.js';
import { Simulation } from './simulation.js';

const SLICES = 40;
const UNITS_PER_CREDIT = 10n ** 9n;
const PRICE_CREDITS = 0.01;
const PRICE = UNITS_PER_CREDIT / 100n;

const good: FakeSandboxScript = { slice: (_n, datum) => ({ kind: 'value', value: datum, ms: 50 }) };
const BROKEN: [string, FakeSandboxScript][] = [
  ['throws', { slice: () => ({ kind: 'throw', error: new Error('this machine cannot do it'), ms: 50 }) }],
  ['loses its sandbox', { slice: () => ({ kind: 'crash' }) }],
  ['cannot load anything', { ...good, assign: () => 'refuse' }],
];

interface Played {
  simulation: Simulation;
  /** How each job ended. */
  ends: string[];
  tookMs: number;
}

/** Runs paid jobs, one after the other, on workers whose sandboxes follow the scripts. */
async function play(scripts: FakeSandboxScript[], jobs: number, slices = SLICES): Promise<Played> {
  const simulation = new Simulation(11, { latencyMs: [0.2, 1] });
  await simulation.prepare();
  const payer = await simulation.wallet.get();
  await simulation.mint(payer.address, 1_000n * UNITS_PER_CREDIT);
  const ends: string[] = [];
  let tookMs = 0;
  const run = async (): Promise<void> => {
    await simulation.startScheduler();
    for (const script of scripts) await simulation.startWorker(script, 1);
    await new Promise<void>((resolve) => void simulation.clock.after(1_000, resolve));
    const deployer = simulation.deployer('deployer');
    const startedMs = simulation.clock.monotonicMs();
    for (let i = 0; i < jobs; i++) {
      const job = deployer.computeFor({ start: 1, end: slices }, (x: number) => x);
      await job.deploy({ pricePerSlice: PRICE_CREDITS, ceiling: 10 }, payer);
      const end = await job.wait().then(
        () => 'finished',
        (error: unknown) => (isError(error) ? error.code : String(error)),
      );
      ends.push(end);
    }
    tookMs = simulation.clock.monotonicMs() - startedMs;
  };
  await simulation.clock.runUntil(run(), { maxMs: 3_600_000, maxTimers: 2_000_000 });
  expect(await simulation.store.check()).toEqual([]);
  return { simulation, ends, tookMs };
}

const earned = async ({ simulation }: Played, worker: number): Promise<bigint> =>
  (await simulation.store.account(`0x${String(worker).padStart(40, '0')}`)).earned;

it.each(BROKEN)(
  'a worker that %s fails no slice beside a working one, and is paid nothing',
  async (_, broken) => {
    const played = await play([broken, good], 4);
    expect(played.ends).toEqual(['finished', 'finished', 'finished', 'finished']);
    expect(await earned(played, 1)).toBe(0n);
    expect(await earned(played, 2)).toBe(PRICE * BigInt(4 * SLICES));
  },
);

it('an error reported by two payees is final at once, and paid once', async () => {
  const throwing = BROKEN[0]![1];
  const played = await play([throwing, throwing, good], 1, 1);
  const paid = [await earned(played, 1), await earned(played, 2), await earned(played, 3)];
  // The working one may come first; otherwise the second throwing worker confirms the error of the first.
  expect(paid.filter((units) => units > 0n)).toEqual([PRICE]);
});

it.each([
  ['throws', 'SLICES_FAILED'],
  ['loses its sandbox', 'SLICES_FAILED'],
  ['cannot load anything', 'JOB_CANCELLED'],
])('a job whose only worker %s ends within seconds: %s', async (name, end) => {
  const played = await play([BROKEN.find(([one]) => one === name)![1]], 1, 2);
  expect(played.ends).toEqual([end]);
  expect(played.tookMs).toBeLessThan(10_000);
  expect(await earned(played, 1)).toBe(0n);
});

it('a job whose two workers both throw ends, and each error is paid to one of them', async () => {
  const throwing = BROKEN[0]![1];
  // Fewer slices than the number of failures after which a job is cancelled.
  const played = await play([throwing, throwing], 1, 15);
  expect(played.ends).toEqual(['SLICES_FAILED']);
  expect((await earned(played, 1)) + (await earned(played, 2))).toBe(PRICE * 15n);
});

it('a worker whose slices never end does not delay slices that failed once on another worker', async () => {
  const failed = new Set<number>();
  const flaky: FakeSandboxScript = {
    slice: (n, datum) => {
      if (n % 4 !== 0 || failed.has(n)) return { kind: 'value', value: datum, ms: 50 };
      failed.add(n);
      return { kind: 'throw', error: new Error('once'), ms: 50 };
    },
  };
  const stuck: FakeSandboxScript = { slice: () => ({ kind: 'hang' }) };
  const simulation = new Simulation(12, { latencyMs: [0.2, 1] });
  await simulation.prepare();
  let doneMs = 0;
  const run = async (): Promise<void> => {
    await simulation.startScheduler();
    await simulation.startWorker(stuck, 1);
    const job = simulation.deployer('deployer').computeFor({ start: 1, end: SLICES }, (x: number) => x);
    await job.deploy();
    await new Promise<void>((resolve) => void simulation.clock.after(1_000, resolve));
    const startedMs = simulation.clock.monotonicMs();
    await simulation.startWorker(flaky, 1);
    let results = 0;
    await new Promise<void>((resolve) => {
      job.on('result', () => void (++results === SLICES - 1 && resolve()));
    });
    doneMs = simulation.clock.monotonicMs() - startedMs;
  };
  await simulation.clock.runUntil(run(), { maxMs: 600_000, maxTimers: 2_000_000 });
  expect(doneMs).toBeLessThan(1.5 * HELD_BACK_MS_MAX);
});
