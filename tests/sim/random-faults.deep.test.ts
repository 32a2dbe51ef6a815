import { it } from 'vitest';
import { runFaultScenario } from './fault-scenario.js';

const SEEDS = 200;

it.each(Array.from({ length: SEEDS }, (_, i) => 1_000 + i))(
  'jobs complete correctly under random faults (seed %i)',
  async (seed) => {
    await runFaultScenario(seed);
  },
);
