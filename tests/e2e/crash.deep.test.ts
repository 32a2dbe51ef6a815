/**
 * A renderer process that dies with all of a deployer's sandboxes in it, as under a heap bomb or the system's own
 * killer: the page lives, says so, and the work runs again at nobody's cost.
 * @module
 */
import './fixtures/home.js';
import { expect } from '@playwright/test';
import { LOST_ATTEMPTS_MAX } from '../../src/protocol/limits.js';
import { test } from './fixtures/job-fixture.js';
import {
  busiestRenderer,
  launchPlainChromium,
  openDonor,
  processesOf,
  slicesOf,
  textOf,
} from './fixtures/plain-chromium.js';
import { deployStamped, sorted, upTo } from './fixtures/stamped-job.js';

test('a job completes although the renderer process of the sandboxes crashes more often than the limit of attempts', async ({
  fixture,
}) => {
  test.setTimeout(240_000);
  const count = 60;
  const plain = await launchPlainChromium();
  try {
    const { job, numbers } = await deployStamped(fixture.scheduler, count, 500);
    const errors: unknown[] = [];
    job.on('error', ({ error }) => errors.push(error));
    const page = await openDonor(plain, fixture.scheduler);
    let crashes = 0;
    page.on('error', () => crashes++);
    for (let time = 0; time <= LOST_ATTEMPTS_MAX; time++) {
      const done = numbers.length;
      await expect.poll(() => numbers.length).toBeGreaterThan(done + 1);
      const victim = await busiestRenderer(plain);
      process.kill(victim, 'SIGKILL');
      await expect.poll(async () => (await processesOf(plain)).some(({ id }) => id === victim)).toBe(false);
      // The embedding page runs in another process, and still responds.
      expect(await textOf(page, '#state')).toBe('Working');
    }
    await expect
      .poll(() => textOf(page, '#log'))
      .toContain('A problem in “Through a gap”: a sandbox crashed. Nothing else is affected;');
    expect(await textOf(page, '#log')).not.toContain('frame.html');
    await job.wait();
    expect(sorted(numbers)).toEqual(upTo(count));
    expect(errors).toEqual([]);
    expect(crashes).toBe(0);
    await expect.poll(() => slicesOf(page)).toBe(count);
  } finally {
    await plain.close();
  }
});
