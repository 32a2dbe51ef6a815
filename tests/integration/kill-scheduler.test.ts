import { it } from 'vitest';
import { surviveKills } from './kill-scheduler.js';

it('a job loses no result and pays none twice when the scheduler is killed 20 times', async () => {
  await surviveKills(20, 1);
});
