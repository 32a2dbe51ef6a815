/**
 * Jobs of which all slices fail are stopped after the first few, with the work function's error and for what those cost;
 * a job of which one slice has a result goes on to its end.
 * @module
 */
import { expect, it } from 'vitest';
import { isError, type ManyhandsError } from '../../src/lib/errors.js';
import { SLICE_ATTEMPTS_MAX, FIRST_FAILURES_MAX } from '../../src/protocol/limits.js';
import type { SliceAct } from '../../src/testing/worker/fake-sandbox.js';
import { World } from './world.js';

const SLICES = 1_000;
const UNITS_PER_CREDIT = 10n ** 9n;
const PRICE_CREDITS = 0.01;
const PRICE = UNITS_PER_CREDIT / 100n;

interface Played {
  world: World;
  error: ManyhandsError;
  executions: number;
  /** Units. */
  earned: bigint;
  /** Reasons of the job's `cancel` events. */
  cancelled: string[];
}

/** Runs one paid job of a thousand slices on two workers with two sandboxes each. */
async function play(act: (datum: number) => SliceAct): Promise<Played> {
  const world = new World(5, { latencyMs: [0.2, 1] });
  await world.prepare();
  const payer = await world.wallet.get();
  await world.mint(payer.address, 1_000n * UNITS_PER_CREDIT);
  let executions = 0;
  let error: unknown;
  const cancelled: string[] = [];
  const run = async (): Promise<void> => {
    await world.startScheduler();
    const slice = (_n: number, datum: unknown): SliceAct => (executions++, act(datum as number));
    for (let i = 0; i < 2; i++) await world.hire({ slice }, 2);
    await new Promise<void>((resolve) => void world.clock.after(1_000, resolve));
    const job = world.deployer('deployer').computeFor({ start: 1, end: SLICES }, (x: number) => x);
    job.on('cancel', ({ reason }) => void cancelled.push(reason));
    await job.deploy({ pricePerSlice: PRICE_CREDITS, ceiling: 10 }, payer);
    error = await job.wait().catch((thrown: unknown) => thrown);
    // Whatever is still at work comes to its end.
    await new Promise<void>((resolve) => void world.clock.after(5_000, resolve));
  };
  await world.clock.runUntil(run(), { maxMs: 3_600_000, maxTimers: 2_000_000 });
  expect(await world.store.check()).toEqual([]);
  const { balance, escrow } = await world.store.account(payer.address);
  expect(escrow).toBe(0n);
  const earned = 1_000n * UNITS_PER_CREDIT - balance;
  if (!isError(error)) throw new Error(`the job did not fail: ${String(error)}`, { cause: error });
  return { world, error, executions, earned, cancelled };
}

const failing: [string, SliceAct, object][] = [
  [
    'throw',
    { kind: 'throw', error: new RangeError('no real root'), ms: 20 },
    { name: 'RangeError', message: 'no real root' },
  ],
  ['take their sandbox with them', { kind: 'crash' }, { code: 'SANDBOX_CRASHED' }],
];

it.each(failing)('stops a job whose slices all %s after the first ones', async (_, act, cause) => {
  const { error, executions, earned, cancelled } = await play(() => act);
  expect(error).toMatchObject({ code: 'JOB_CANCELLED', cause });
  expect(error.message).toContain('its slices all fail: ');
  expect(error.message).toContain((error.cause as Error).message);
  expect(cancelled).toEqual([(error.info as { reason: string }).reason]);
  // With two workers a slice may be tried up to its last attempt; what was at work when the job was stopped is over.
  expect(executions).toBeLessThan((FIRST_FAILURES_MAX + 2) * SLICE_ATTEMPTS_MAX);
  expect(earned).toBeLessThanOrEqual(PRICE * BigInt(2 * FIRST_FAILURES_MAX));
});

it('does not stop a job of which one slice has a result and all others fail', async () => {
  const bad: SliceAct = { kind: 'throw', error: new RangeError('no real root'), ms: 20 };
  const { error, cancelled } = await play((x) => (x === 1 ? { kind: 'value', value: 1, ms: 20 } : bad));
  expect(error).toMatchObject({ code: 'SLICES_FAILED', info: { failed: SLICES - 1 } });
  expect(cancelled).toEqual([]);
});
