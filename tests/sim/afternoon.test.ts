import { expect, it } from 'vitest';
import { playAfternoon } from './scenario.js';

/** `SIM_SEED=17` plays that one only. */
const only = process.env.SIM_SEED;
const seeds = only === undefined ? [1, 2, 3, 4, 5, 6] : [Number(only)];

/** Commits that failed on all afternoons, by what made them fail. */
const failed = { locked: 0, failed: 0 };

it.each(seeds)('keeps every promise on a bad afternoon (seed %i)', async (seed) => {
  const { counts } = (await playAfternoon(seed)).storeFaults;
  failed.locked += counts.locked;
  failed.failed += counts.failed;
});

it('had afternoons on which the store was locked, and on which commits failed', () => {
  // One seed alone need not have both.
  const isWhole = only === undefined;
  expect(isWhole && failed.locked === 0).toBe(false);
  expect(isWhole && failed.failed === 0).toBe(false);
});

it('plays the same seed the same way', async () => {
  const [one, two] = [await playAfternoon(1), await playAfternoon(1)];
  expect(one.story).toEqual(two.story);
  expect(one.network.counts).toEqual(two.network.counts);
});
