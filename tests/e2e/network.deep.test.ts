/**
 * The donor's network, at its worst: away for longer than a lease lives, away without a word, and away for the whole
 * browser. No result is lost, and none comes or counts twice.
 * @module
 */
import './fixtures/home.js';
import { expect } from '@playwright/test';
import { checkDataDir } from 'manyhands/scheduler';
import { startDisconnectingProxy } from './fixtures/disconnecting-proxy.js';
import { leasesOf, power, state } from './fixtures/donor-page.js';
import { test } from './fixtures/job-fixture.js';
import { deployStamped, slicesDone, sorted, upTo } from './fixtures/stamped-job.js';

test('when a tab is offline for longer than a lease, other workers run its slices, and none is counted twice', async ({
  fixture,
  page,
}) => {
  const count = 120;
  const proxy = await startDisconnectingProxy(fixture.scheduler);
  try {
    const { job, numbers } = await deployStamped(fixture.scheduler, count, 100);
    await page.goto(proxy.url);
    await power(page, 'Start').click();
    await expect.poll(() => numbers.length).toBeGreaterThan(25);
    proxy.refuseConnections();
    await expect(state(page)).toHaveText(/Connection lost, trying again/);
    // The tab is the only worker: when there is no lease any more, those of the tab have expired.
    await expect.poll(() => leasesOf(fixture.scheduler)).toBe(0);
    const other = await fixture.openTab();
    await expect.poll(() => slicesDone(other)).toBeGreaterThan(10);
    expect(job.status.runStatus).toBe('running');
    proxy.acceptConnections();
    await expect(state(page)).toHaveText('Working');
    await job.wait();
    expect(sorted(numbers)).toEqual(upTo(count));
    // A slice whose report was in transit at the disconnect may be in no tab's count, but none is in two.
    const done = async (): Promise<number> => (await slicesDone(page)) + (await slicesDone(other));
    await expect.poll(done).toBeGreaterThanOrEqual(count - 10);
    expect(await done()).toBeLessThanOrEqual(count);
    expect(await checkDataDir(fixture.dataDir)).toEqual([]);
  } finally {
    await proxy.close();
  }
});

test('a silent connection is detected without an error of the socket', async ({ fixture, page }) => {
  test.setTimeout(240_000);
  const count = 40;
  const proxy = await startDisconnectingProxy(fixture.scheduler);
  try {
    await page.goto(proxy.url);
    const { job, numbers } = await deployStamped(fixture.scheduler, count, 500);
    await power(page, 'Start').click();
    await expect.poll(() => numbers.length).toBeGreaterThan(3);
    proxy.dropBytes();
    // A new connection succeeds at once, so the disconnected state is short; the log of the page still has it.
    const log = page.locator('#log');
    await expect(log).toContainText('The connection is lost.', { timeout: 120_000 });
    await expect(log).toContainText('Connected again.');
    await expect(state(page)).toHaveText(/Working|Connected/);
    await job.wait();
    expect(sorted(numbers)).toEqual(upTo(count));
    await expect.poll(() => slicesDone(page)).toBeGreaterThanOrEqual(count - 10);
    expect(await slicesDone(page)).toBeLessThanOrEqual(count);
  } finally {
    await proxy.close();
  }
});

test('a browser that goes offline in the middle of a job continues on a new connection', async ({
  fixture,
  page,
  context,
}) => {
  const count = 80;
  const proxy = await startDisconnectingProxy(fixture.scheduler);
  try {
    const { job, numbers, ends } = await deployStamped(fixture.scheduler, count, 100);
    await page.goto(proxy.url);
    await power(page, 'Start').click();
    await expect.poll(() => numbers.length).toBeGreaterThan(25);
    const wentMs = Date.now();
    // The browser's offline mode keeps open sockets, so the proxy refuses connections too.
    await context.setOffline(true);
    proxy.refuseConnections();
    await expect(state(page)).toHaveText(/Connection lost, trying again/);
    // The connection is lost for the duration of a few slices.
    await expect.poll(() => Date.now() - wentMs).toBeGreaterThan(1_000);
    const backMs = Date.now();
    proxy.acceptConnections();
    await context.setOffline(false);
    await expect(state(page)).toHaveText(/Working|Connected/);
    await job.wait();
    expect(sorted(numbers)).toEqual(upTo(count));
    expect(ends.some((end) => end > wentMs && end < backMs)).toBe(true);
    expect(await slicesDone(page)).toBeLessThanOrEqual(count);
  } finally {
    await proxy.close();
  }
});
