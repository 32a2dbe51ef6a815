/**
 * Workers that fail what others can do: one whose machine throws, loses or cannot load anything ends no job and fails no
 * slice while another worker is there; alone, what fails still comes to its end.
 * @module
 */
import { expect, it } from 'vitest';
import { isError } from '../../src/lib/errors.js';
import { HELD_BACK_MS_MAX } from '../../src/protocol/limits.js';
import type { FakeSandboxScript } from '../../src/testing/worker/fake-sandbox.js';
import { World } from './world.js';

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
  world: World;
  /** How each job ended. */
  ends: string[];
  tookMs: number;
}

/** Runs paid jobs, one after the other, on workers that do what the scripts say. */
async function play(scripts: FakeSandboxScript[], jobs: number, slices = SLICES): Promise<Played> {
  const world = new World(11, { latencyMs: [0.2, 1] });
  await world.prepare();
  const payer = await world.wallet.get();
  await world.mint(payer.address, 1_000n * UNITS_PER_CREDIT);
  const ends: string[] = [];
  let tookMs = 0;
  const run = async (): Promise<void> => {
    await world.startScheduler();
    for (const script of scripts) await world.hire(script, 1);
    await new Promise<void>((resolve) => void world.clock.after(1_000, resolve));
    const deployer = world.deployer('deployer');
    const startedMs = world.clock.monotonicMs();
    for (let i = 0; i < jobs; i++) {
      const job = deployer.computeFor({ start: 1, end: slices }, (x: number) => x);
      await job.deploy({ pricePerSlice: PRICE_CREDITS, ceiling: 10 }, payer);
      const end = await job.wait().then(
        () => 'finished',
        (error: unknown) => (isError(error) ? error.code : String(error)),
      );
      ends.push(end);
    }
    tookMs = world.clock.monotonicMs() - startedMs;
  };
  await world.clock.runUntil(run(), { maxMs: 3_600_000, maxTimers: 2_000_000 });
  expect(await world.store.check()).toEqual([]);
  return { world, ends, tookMs };
}

const earned = async ({ world }: Played, worker: number): Promise<bigint> =>
  (await world.store.account(`0x${String(worker).padStart(40, '0')}`)).earned;

it.each(BROKEN)(
  'a worker that %s fails nothing beside one that works, and is paid nothing',
  async (_, broken) => {
    const played = await play([broken, good], 4);
    expect(played.ends).toEqual(['finished', 'finished', 'finished', 'finished']);
    expect(await earned(played, 1)).toBe(0n);
    expect(await earned(played, 2)).toBe(PRICE * BigInt(4 * SLICES));
  },
);

it('an error that two payees saw is final at once, and paid once', async () => {
  const throwing = BROKEN[0]![1];
  const played = await play([throwing, throwing, good], 1, 1);
  const paid = [await earned(played, 1), await earned(played, 2), await earned(played, 3)];
  // The one that can do it may come first; otherwise the second of those that throw confirms what the first one saw.
  expect(paid.filter((units) => units > 0n)).toEqual([PRICE]);
});

it.each([
  ['throws', 'SLICES_FAILED'],
  ['loses its sandbox', 'SLICES_FAILED'],
  ['cannot load anything', 'JOB_CANCELLED'],
])('alone, a worker that %s brings the job to its end within seconds: %s', async (name, end) => {
  const played = await play([BROKEN.find(([one]) => one === name)![1]], 1, 2);
  expect(played.ends).toEqual([end]);
  expect(played.tookMs).toBeLessThan(10_000);
  expect(await earned(played, 1)).toBe(0n);
});

it('two workers of which both throw bring a job to its end, and one of them is paid for each error', async () => {
  const throwing = BROKEN[0]![1];
  // Fewer slices than those after which a job is stopped.
  const played = await play([throwing, throwing], 1, 15);
  expect(played.ends).toEqual(['SLICES_FAILED']);
  expect((await earned(played, 1)) + (await earned(played, 2))).toBe(PRICE * 15n);
});

it('a worker that begins a slice and never ends it holds up nothing that failed once elsewhere', async () => {
  const failed = new Set<number>();
  const flaky: FakeSandboxScript = {
    slice: (n, datum) => {
      if (n % 4 !== 0 || failed.has(n)) return { kind: 'value', value: datum, ms: 50 };
      failed.add(n);
      return { kind: 'throw', error: new Error('once'), ms: 50 };
    },
  };
  const stuck: FakeSandboxScript = { slice: () => ({ kind: 'hang' }) };
  const world = new World(12, { latencyMs: [0.2, 1] });
  await world.prepare();
  let doneMs = 0;
  const run = async (): Promise<void> => {
    await world.startScheduler();
    await world.hire(stuck, 1);
    const job = world.deployer('deployer').computeFor({ start: 1, end: SLICES }, (x: number) => x);
    await job.deploy();
    await new Promise<void>((resolve) => void world.clock.after(1_000, resolve));
    const startedMs = world.clock.monotonicMs();
    await world.hire(flaky, 1);
    let results = 0;
    await new Promise<void>((resolve) => {
      job.on('result', () => void (++results === SLICES - 1 && resolve()));
    });
    doneMs = world.clock.monotonicMs() - startedMs;
  };
  await world.clock.runUntil(run(), { maxMs: 600_000, maxTimers: 2_000_000 });
  expect(doneMs).toBeLessThan(1.5 * HELD_BACK_MS_MAX);
});
