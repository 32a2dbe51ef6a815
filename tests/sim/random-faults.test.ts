import { expect, it } from 'vitest';
import { runFaultScenario } from './fault-scenario.js';

/** `SIM_SEED=17` plays that one only. */
const only = process.env.SIM_SEED;
const seeds = only === undefined ? [1, 2, 3, 4, 5, 6] : [Number(only)];

/** Commits that failed on all afternoons, by what made them fail. */
const failed = { locked: 0, failed: 0 };

it.each(seeds)(
  'jobs complete correctly under random faults of scheduler, workers, network and store (seed %i)',
  async (seed) => {
    const { counts } = (await runFaultScenario(seed)).storeFaults;
    failed.locked += counts.locked;
    failed.failed += counts.failed;
  },
);

it('the random faults included a locked store and failed commits', () => {
  // One seed alone need not have both.
  const isWhole = only === undefined;
  expect(isWhole && failed.locked === 0).toBe(false);
  expect(isWhole && failed.failed === 0).toBe(false);
});

it('the simulation is identical for the same seed', async () => {
  const [one, two] = [await runFaultScenario(1), await runFaultScenario(1)];
  expect(one.events).toEqual(two.events);
  expect(one.network.disconnected).toEqual(two.network.disconnected);
});
