/**
 * One simulated afternoon: three jobs of one owner, workers that come and go, a scheduler that dies, a bad network; and
 * the checks of every promise at its end.
 * @module
 */
import { expect } from 'vitest';
import type { Job } from '../../src/deployer/job/job.js';
import { isError } from '../../src/lib/errors.js';
import { STORE_WAIT_MS_MAX } from '../../src/protocol/limits.js';
import type { FakeSandboxScript, SliceAct } from '../../src/testing/worker/fake-sandbox.js';
import { World } from './world.js';

const THROWS_EVERY = 97;
const POISON = 333;
const UNITS_PER_CREDIT = 10n ** 9n;
const HOUR_MS = 3_600_000;

/** Work functions of all jobs: a datum's double, sometimes slow, sometimes bad. */
function scriptOf(world: World): FakeSandboxScript {
  return {
    slice: (_slice, datum): SliceAct => {
      const x = datum as number;
      if (x === POISON) return { kind: 'crash' };
      if (x % THROWS_EVERY === 0) return { kind: 'throw', error: new RangeError(`bad ${x}`), ms: 1 };
      const ms = world.random.chance(0.02) ? 400 : 1 + world.random.next() * 20;
      return { kind: 'value', value: x * 2, ms };
    },
  };
}

interface Followed {
  data: number[];
  job: Job<number>;
  results: Map<number, number>;
  errors: Map<number, Error>;
}

function follow(job: Job<number>, data: number[]): Followed {
  const followed: Followed = { data, job, results: new Map(), errors: new Map() };
  job.on('result', ({ sliceNumber, result }) => {
    expect(followed.results.has(sliceNumber)).toBe(false);
    followed.results.set(sliceNumber, result);
  });
  job.on('error', ({ sliceNumber, error }) => {
    if (sliceNumber === undefined) return;
    expect(followed.errors.has(sliceNumber)).toBe(false);
    followed.errors.set(sliceNumber, error);
  });
  return followed;
}

/** What strikes while the jobs run; ends when they are done. */
async function strike(world: World, isOver: () => boolean, crew: { vanish(): void }[]): Promise<void> {
  const { random, clock, network, storeFaults } = world;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const hire = async (): Promise<void> => {
    crew.push(await world.hire(scriptOf(world), random.integer(1, 3)));
  };
  for (let blows = 0; blows < 12 && !isOver(); blows++) {
    await pause(random.integer(50, 3_000));
    const dice = random.next();
    if (dice < 0.35) {
      world.killScheduler();
      await pause(random.integer(10, 8_000));
      await world.startScheduler();
    } else if (dice < 0.6) {
      crew.splice(random.integer(0, crew.length - 1), 1)[0]?.vanish();
      await hire();
    } else if (dice < 0.7) {
      network.cut();
    } else if (dice < 0.8 && !storeFaults.wasLockedWithin(STORE_WAIT_MS_MAX)) {
      // Shorter than a request waits: nothing that was asked is refused.
      world.say('the store is locked');
      storeFaults.lock(random.integer(100, STORE_WAIT_MS_MAX / 2));
    } else if (dice < 0.9) {
      world.say('commits fail');
      storeFaults.fail(random.integer(1, 5));
    } else {
      network.partition(`worker ${random.integer(1, crew.length)}`, random.integer(100, 20_000));
    }
  }
  // In the end somebody honest is there to finish it.
  network.faults = { ...network.faults, cutChance: 0, refuseChance: 0 };
  await hire();
}

async function endOf({ job }: Followed): Promise<void> {
  try {
    await job.wait();
  } catch (error) {
    if (!isError(error, 'SLICES_FAILED')) throw error;
  }
}

function checkFollowed({ data, results, errors }: Followed): void {
  data.forEach((x, i) => {
    const slice = i + 1;
    const lost = { code: expect.stringMatching(/^(SANDBOX_CRASHED|LEASE_LOST)$/) as string };
    if (x === POISON) expect(errors.get(slice)).toMatchObject(lost);
    else if (x % THROWS_EVERY === 0) expect(errors.get(slice)).toMatchObject({ message: `bad ${x}` });
    // A slice that was at work on three workers that vanished has failed honestly.
    else if (errors.has(slice)) expect(errors.get(slice)).toMatchObject({ code: 'LEASE_LOST' });
    else expect(results.get(slice)).toBe(x * 2);
  });
  expect(results.size + errors.size).toBe(data.length);
}

/** Plays the afternoon of that seed. */
export async function playAfternoon(seed: number): Promise<World> {
  const world = new World(seed, { latencyMs: [0, 30] });
  await world.prepare();
  const payer = await world.wallet.get();
  await world.mint(payer.address, UNITS_PER_CREDIT);
  const play = async (): Promise<void> => {
    await world.startScheduler();
    const deployer = world.deployer('deployer');
    const crew = [await world.hire(scriptOf(world), 2), await world.hire(scriptOf(world), 1)];
    const work = (x: number): number => x * 2;
    const jobs: Followed[] = [];
    const deploy = async (
      data: number[],
      input: unknown,
      open: boolean,
      price: number,
    ): Promise<Followed> => {
      const job = deployer.computeFor(input as number[], work);
      job.autoClose = !open;
      const followed = follow(job, data);
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
    // The very first connection of a deployer may fail, and says so: trouble begins behind it.
    Object.assign(world.network.faults, { cutChance: 0.003, refuseChance: 0.05 });
    let over = false;
    const striking = strike(world, () => over, crew);
    for (const more of [[8, 9], [10], [11, 12, 13]]) {
      third.data.push(...more);
      await third.job.addSlices(more);
    }
    await third.job.close();
    await Promise.all([first, second, third].map(endOf));
    over = true;
    await striking;
    jobs.forEach(checkFollowed);
  };
  try {
    await world.clock.runUntil(play(), { maxMs: HOUR_MS, maxTimers: 3_000_000 });
    await check(world, payer.address);
  } catch (error) {
    throw new Error(`seed ${seed} fails\n${world.story.slice(-60).join('\n')}`, { cause: error });
  }
  return world;
}

async function check(world: World, payer: string): Promise<void> {
  expect(await world.store.check()).toEqual([]);
  const { escrow } = await world.store.account(payer);
  expect(escrow).toBe(0n);
}
