/**
 * The donor's network goes away in the middle of a job: the tab computes on with what it has, tries again by itself,
 * and delivers what is still its own when the network is back.
 * @module
 */
import './fixtures/home.js';
import { expect } from '@playwright/test';
import { startDisconnectingProxy } from './fixtures/disconnecting-proxy.js';
import { power, setRange, state } from './fixtures/donor-page.js';
import { test } from './fixtures/job-fixture.js';
import { deployStamped, slicesDone, sorted, upTo } from './fixtures/stamped-job.js';

test('a short network outage in the middle of a job loses no slice', async ({ fixture, page }) => {
  const count = 100;
  const proxy = await startDisconnectingProxy(fixture.scheduler);
  try {
    const { job, numbers, ends } = await deployStamped(fixture.scheduler, count, 60);
    await page.goto(proxy.url);
    await setRange(page, 'Cores', 2);
    await power(page, 'Start').click();
    // By then leases have their full length, about two seconds for each sandbox.
    await expect.poll(() => numbers.length).toBeGreaterThan(25);

    const tries: number[] = [];
    page.on('websocket', () => tries.push(performance.now()));
    proxy.refuseConnections();
    const wentMs = Date.now();
    await expect(state(page)).toHaveText(/Connection lost, trying again/);
    await expect(page.getByRole('log')).toContainText('finished work is kept meanwhile');
    // The page reconnects by itself, after increasing delays.
    await expect.poll(() => tries.length).toBeGreaterThan(3);
    expect(tries[3]! - tries[2]!).toBeGreaterThan(tries[1]! - tries[0]!);
    const backMs = Date.now();
    proxy.acceptConnections();

    await expect(state(page)).toHaveText('Working');
    await job.wait();
    expect(sorted(numbers)).toEqual(upTo(count));
    // The results that it computed without a connection were delivered, and no slice was computed again.
    expect(ends.filter((end) => end > wentMs && end < backMs).length).toBeGreaterThan(1);
    // The page does not count slices whose report was not acknowledged before the disconnect, and counts none twice.
    await expect.poll(() => slicesDone(page)).toBeGreaterThanOrEqual(count - 10);
    expect(await slicesDone(page)).toBeLessThanOrEqual(count);
  } finally {
    await proxy.close();
  }
});
