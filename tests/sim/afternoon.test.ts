import { expect, it } from 'vitest';
import { playAfternoon } from './scenario.js';

/** `SIM_SEED=17` plays that one only. */
const only = process.env.SIM_SEED;
const seeds = only === undefined ? [1, 2, 3, 4, 5, 6] : [Number(only)];

it.each(seeds)('keeps every promise on a bad afternoon (seed %i)', async (seed) => {
  await playAfternoon(seed);
});

it('plays the same seed the same way', async () => {
  const [one, two] = [await playAfternoon(1), await playAfternoon(1)];
  expect(one.story).toEqual(two.story);
  expect(one.network.counts).toEqual(two.network.counts);
});
