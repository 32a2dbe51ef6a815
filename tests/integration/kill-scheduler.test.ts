import { it } from 'vitest';
import { surviveKills } from './kill-scheduler.js';

it('loses nothing and pays nothing twice when the scheduler is killed 20 times in one job', async () => {
  await surviveKills(20, 1);
});
