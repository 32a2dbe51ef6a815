import { it } from 'vitest';
import { surviveKills } from './kill-scheduler.js';

it.each(Array.from({ length: 10 }, (_, i) => i + 2))(
  'survives 20 kills of the scheduler in one job (seed %i)',
  async (seed) => {
    await surviveKills(20, seed);
  },
);
