/**
 * A job whose slices all fail is cancelled after the first few, with the error of the work function as its cause; a job with
 * one result runs to its end.
 * @module
 */
import { expect, it } from 'vitest';
import { isError, type ManyhandsError } from '../../src/lib/errors.js';
import { SLICE_ATTEMPTS_MAX, FIRST_FAILURES_MAX } from '../../src/protocol/limits.js';
import type { SliceBehavior } from '../../src/testing/worker/fake-sandbox.js';
import { Simulation } from './simulation.js';

const SLICES = 1_000;
const UNITS_PER_CREDIT = 10n ** 9n;
const PRICE_CREDITS = 0.01;
const PRICE = UNITS_PER_CREDIT / 100n;

interface Played {
  simulation: Simulation;
  error: ManyhandsError;
  executions: number;
  /** Units. */
  earned: bigint;
  /** Reasons of the job's `cancel` events. */
  cancelled: string[];
}

/** Runs one paid job of a thousand slices on two workers with two sandboxes each. */
async function play(act: (datum: number) => SliceBehavior): Promise<Played> {
  const simulation = new Simulation(5, { latencyMs: [0.2, 1] });
  await simulation.prepare();
  const payer = await simulation.wallet.get();
  await simulation.mint(payer.address, 1_000n * UNITS_PER_CREDIT);
  let executions = 0;
  let error: unknown;
  const cancelled: string[] = [];
  const run = async (): Promise<void> => {
    await simulation.startScheduler();
    const slice = (_n: number, datum: unknown): SliceBehavior => (executions++, act(datum as number));
    for (let i = 0; i < 2; i++) await simulation.startWorker({ slice }, 2);
    await new Promise<void>((resolve) => void simulation.clock.after(1_000, resolve));
    const job = simulation.deployer('deployer').computeFor({ start: 1, end: SLICES }, (x: number) => x);
    job.on('cancel', ({ reason }) => void cancelled.push(reason));
    await job.deploy({ pricePerSlice: PRICE_CREDITS, ceiling: 10 }, payer);
    error = await job.wait().catch((thrown: unknown) => thrown);
    // Running slices end.
    await new Promise<void>((resolve) => void simulation.clock.after(5_000, resolve));
  };
  await simulation.clock.runUntil(run(), { maxMs: 3_600_000, maxTimers: 2_000_000 });
  expect(await simulation.store.check()).toEqual([]);
  const { balance, escrow } = await simulation.store.account(payer.address);
  expect(escrow).toBe(0n);
  const earned = 1_000n * UNITS_PER_CREDIT - balance;
  if (!isError(error)) throw new Error(`the job did not fail: ${String(error)}`, { cause: error });
  return { simulation, error, executions, earned, cancelled };
}

const failing: [string, SliceBehavior, object][] = [
  [
    'throw',
    { kind: 'throw', error: new RangeError('no real root'), ms: 20 },
    { name: 'RangeError', message: 'no real root' },
  ],
  ['crash their sandbox', { kind: 'crash' }, { code: 'SANDBOX_CRASHED' }],
];

it.each(failing)('a job whose slices all %s is cancelled after the first slices', async (_, act, cause) => {
  const { error, executions, earned, cancelled } = await play(() => act);
  expect(error).toMatchObject({ code: 'JOB_CANCELLED', cause });
  expect(error.message).toContain('its slices all fail: ');
  expect(error.message).toContain((error.cause as Error).message);
  expect(cancelled).toEqual([(error.info as { reason: string }).reason]);
  // With two workers each slice may use all its attempts.
  expect(executions).toBeLessThan((FIRST_FAILURES_MAX + 2) * SLICE_ATTEMPTS_MAX);
  expect(earned).toBeLessThanOrEqual(PRICE * BigInt(2 * FIRST_FAILURES_MAX));
});

it('a job with one result is not cancelled although all other slices fail', async () => {
  const bad: SliceBehavior = { kind: 'throw', error: new RangeError('no real root'), ms: 20 };
  const { error, cancelled } = await play((x) => (x === 1 ? { kind: 'value', value: 1, ms: 20 } : bad));
  expect(error).toMatchObject({ code: 'SLICES_FAILED', info: { failed: SLICES - 1 } });
  expect(cancelled).toEqual([]);
});
