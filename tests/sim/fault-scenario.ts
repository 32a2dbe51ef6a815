/**
 * Three jobs of one owner under random faults: workers and scheduler are killed and started, the network and the store fail.
 * At the end every outcome, the ledger and the store are checked.
 * @module
 */
import { expect } from 'vitest';
import type { Job } from '../../src/deployer/job/job.js';
import { isError } from '../../src/lib/errors.js';
import { STORE_WAIT_MS_MAX } from '../../src/protocol/limits.js';
import type { FakeSandboxScript, SliceBehavior } from '../../src/testing/worker/fake-sandbox.js';
import { Simulation } from './simulation.js';

const THROWS_EVERY = 97;
const CRASHING_DATUM = 333;
/** Slices that take some seconds, in steps with checkpoints. */
const STEPS_EVERY = 61;
const UNITS_PER_CREDIT = 10n ** 9n;
const HOUR_MS = 3_600_000;

/** The work function of all jobs doubles the datum; some slices are slow, throw or crash. */
function scriptOf(simulation: Simulation): FakeSandboxScript {
  return {
    slice: (_slice, datum): SliceBehavior => {
      const x = datum as number;
      if (x === CRASHING_DATUM) return { kind: 'crash' };
      if (x % THROWS_EVERY === 0) return { kind: 'throw', error: new RangeError(`bad ${x}`), ms: 1 };
      if (x % STEPS_EVERY === 0) return { kind: 'steps', value: x * 2, steps: 5, stepMs: 900 };
      const ms = simulation.random.chance(0.02) ? 400 : 1 + simulation.random.next() * 20;
      return { kind: 'value', value: x * 2, ms };
    },
  };
}

interface ObservedJob {
  data: number[];
  job: Job<number>;
  results: Map<number, number>;
  errors: Map<number, Error>;
  /** Whether slices of it were retried, or cancelled. */
  mayRetry: boolean;
}

function observeJob(job: Job<number>, data: number[]): ObservedJob {
  const followed: ObservedJob = { data, job, results: new Map(), errors: new Map(), mayRetry: false };
  job.on('result', ({ sliceNumber, result }) => {
    expect(followed.results.has(sliceNumber)).toBe(false);
    followed.results.set(sliceNumber, result);
    followed.errors.delete(sliceNumber);
  });
  job.on('error', ({ sliceNumber, error }) => {
    if (sliceNumber === undefined) return;
    expect(followed.results.has(sliceNumber)).toBe(false);
    // A slice that failed has a second outcome only if it was retried.
    if (!followed.mayRetry) expect(followed.errors.has(sliceNumber)).toBe(false);
    followed.errors.set(sliceNumber, error);
  });
  return followed;
}

/** Injects random faults while the jobs run. */
async function injectFaults(
  simulation: Simulation,
  isOver: () => boolean,
  workers: { kill(): void }[],
): Promise<void> {
  const { random, clock, network, storeFaults } = simulation;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const addWorker = async (): Promise<void> => {
    workers.push(await simulation.startWorker(scriptOf(simulation), random.integer(1, 3)));
  };
  for (let faults = 0; faults < 12 && !isOver(); faults++) {
    await pause(random.integer(50, 3_000));
    const dice = random.next();
    if (dice < 0.35) {
      simulation.killScheduler();
      await pause(random.integer(10, 8_000));
      await simulation.startScheduler();
    } else if (dice < 0.6) {
      workers.splice(random.integer(0, workers.length - 1), 1)[0]?.kill();
      await addWorker();
    } else if (dice < 0.7) {
      network.cut();
    } else if (dice < 0.8 && !storeFaults.wasLockedWithin(STORE_WAIT_MS_MAX)) {
      // Shorter than a request waits for the store, so that no request is refused.
      simulation.record('the store is locked');
      storeFaults.lock(random.integer(100, STORE_WAIT_MS_MAX / 2));
    } else if (dice < 0.9) {
      simulation.record('commits fail');
      storeFaults.fail(random.integer(1, 5));
    } else {
      network.partition(`worker ${random.integer(1, workers.length)}`, random.integer(100, 20_000));
    }
  }
  // A worker without faults finishes the jobs.
  network.faults = { ...network.faults, disconnectChance: 0, refuseChance: 0 };
  await addWorker();
}

/** Repeats a request that was given up because the connection was lost for long: it may have been done. */
async function insist(request: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await request();
      return;
    } catch (error) {
      if (!isError(error, 'CONNECT_FAILED')) throw error;
    }
  }
}

/** Cancels and retries ranges of a job's slices while it runs, and in the end whatever is still cancelled. */
async function cancelAndRetry({ random, clock }: Simulation, observed: ObservedJob): Promise<void> {
  const { job, data } = observed;
  const signal = new AbortController().signal;
  for (let requests = 0; requests < 6; requests++) {
    await new Promise<void>((resolve) => void clock.after(random.integer(10, 4_000), resolve));
    const start = random.integer(1, data.length);
    const range = { start, end: start + random.integer(0, 80) };
    observed.mayRetry = true;
    const isCancel = random.chance(0.6);
    await insist(() => (isCancel ? job.cancel('not now', { range, signal }) : job.retry(range, { signal })));
  }
}

/** Waits until the job is complete, and runs cancelled slices again until none is left. */
async function waitForAll(observed: ObservedJob): Promise<void> {
  const { job, errors } = observed;
  for (let rounds = 0; rounds < 5; rounds++) {
    await waitForEnd(observed);
    const cancelled = [...errors.keys()].filter((slice) => isError(errors.get(slice), 'SLICE_CANCELLED'));
    if (cancelled.length === 0) return;
    await insist(() => job.retry([Math.min(...cancelled), Math.max(...cancelled)]));
  }
  throw new Error('slices that were retried are still cancelled');
}

async function waitForEnd({ job }: ObservedJob): Promise<void> {
  try {
    await job.wait();
  } catch (error) {
    if (!isError(error, 'SLICES_FAILED')) throw error;
  }
}

function expectEveryOutcome({ data, results, errors }: ObservedJob): void {
  data.forEach((x, i) => {
    const slice = i + 1;
    const lost = { code: expect.stringMatching(/^(SANDBOX_CRASHED|LEASE_LOST)$/) as string };
    if (x === CRASHING_DATUM) expect(errors.get(slice)).toMatchObject(lost);
    else if (x % THROWS_EVERY === 0) expect(errors.get(slice)).toMatchObject({ message: `bad ${x}` });
    // A slice that was running on three killed workers fails correctly.
    else if (errors.has(slice)) expect(errors.get(slice)).toMatchObject({ code: 'LEASE_LOST' });
    else expect(results.get(slice)).toBe(x * 2);
  });
  expect(results.size + errors.size).toBe(data.length);
}

/** Runs the scenario with the faults of the seed. */
export async function runFaultScenario(seed: number): Promise<Simulation> {
  const simulation = new Simulation(seed, { latencyMs: [0, 30] });
  await simulation.prepare();
  const payer = await simulation.wallet.get();
  await simulation.mint(payer.address, UNITS_PER_CREDIT);
  const play = async (): Promise<void> => {
    await simulation.startScheduler();
    const deployer = simulation.deployer('deployer');
    const workers = [
      await simulation.startWorker(scriptOf(simulation), 2),
      await simulation.startWorker(scriptOf(simulation), 1),
    ];
    const work = (x: number): number => x * 2;
    const jobs: ObservedJob[] = [];
    const deploy = async (
      data: number[],
      input: unknown,
      open: boolean,
      price: number,
    ): Promise<ObservedJob> => {
      const job = deployer.computeFor(input as number[], work);
      job.autoClose = !open;
      const followed = observeJob(job, data);
      jobs.push(followed);
      await job.deploy(
        price === 0 ? 0 : { pricePerSlice: price, ceiling: 0.9 },
        price === 0 ? undefined : payer,
      );
      return followed;
    };
    const range = Array.from({ length: 600 }, (_, i) => i + 1);
    const first = await deploy(range, { start: 1, end: 600 }, false, 0);
    const list = Array.from({ length: 400 }, (_, i) => 1_000 + i);
    const second = await deploy(list, list, false, 0.000_001);
    const third = await deploy([5, 6, 7], [5, 6, 7], true, 0);
    // The first connection of a deployer may be refused with an error: network faults start after it.
    Object.assign(simulation.network.faults, { cutChance: 0.003, refuseChance: 0.05 });
    let over = false;
    const injecting = injectFaults(simulation, () => over, workers);
    for (const more of [[8, 9], [10], [11, 12, 13]]) {
      third.data.push(...more);
      await third.job.addSlices(more);
    }
    await third.job.close();
    await Promise.all([cancelAndRetry(simulation, first), cancelAndRetry(simulation, second)]);
    await Promise.all([first, second, third].map(waitForAll));
    over = true;
    await injecting;
    jobs.forEach(expectEveryOutcome);
  };
  try {
    await simulation.clock.runUntil(play(), { maxMs: HOUR_MS, maxTimers: 3_000_000 });
    await check(simulation, payer.address);
  } catch (error) {
    throw new Error(`seed ${seed} fails\n${simulation.events.slice(-60).join('\n')}`, { cause: error });
  }
  return simulation;
}

async function check(simulation: Simulation, payer: string): Promise<void> {
  expect(await simulation.store.check()).toEqual([]);
  const { escrow } = await simulation.store.account(payer);
  expect(escrow).toBe(0n);
}
