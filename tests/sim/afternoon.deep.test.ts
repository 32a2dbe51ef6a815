import { it } from 'vitest';
import { playAfternoon } from './scenario.js';

const SEEDS = 200;

it.each(Array.from({ length: SEEDS }, (_, i) => 1_000 + i))('keeps every promise (seed %i)', async (seed) => {
  await playAfternoon(seed);
});
