import { it } from 'vitest';
import { surviveKills } from './kill-scheduler.js';

it.each(Array.from({ length: 10 }, (_, i) => i + 2))(
  'a job survives 20 kills of the scheduler (seed %i)',
  async (seed) => {
    await surviveKills(20, seed);
  },
);
