import { it } from 'vitest';
import { surviveKillsOfAll } from './kills/kill-rounds.js';

/** `KILL_SEED=17` chooses the seed. */
const seed = Number(process.env.KILL_SEED ?? 1);

it(`no acknowledged result is lost when scheduler, workers and deployer are killed in 30 rounds (seed ${seed})`, async () => {
  await surviveKillsOfAll(30, seed);
});
