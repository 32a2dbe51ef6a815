/**
 * The donor's network, at its worst: away for longer than a lease lives, away without a word, and away for the whole
 * browser. No result is lost, and none comes or counts twice.
 * @module
 */
import './rig/home.js';
import { expect } from '@playwright/test';
import { checkDataDir } from 'manyhands/scheduler';
import { startCutProxy } from './rig/cut-proxy.js';
import { leasesOf, power, state } from './rig/donor-page.js';
import { test } from './rig/job-rig.js';
import { deployStamped, slicesDone, sorted, upTo } from './rig/stamped-job.js';

test('a gap that is longer than a lease: others do the work, and nothing is done twice', async ({
  rig,
  page,
}) => {
  const count = 120;
  const proxy = await startCutProxy(rig.scheduler);
  try {
    const { job, numbers } = await deployStamped(rig.scheduler, count, 100);
    await page.goto(proxy.url);
    await power(page, 'Start').click();
    await expect.poll(() => numbers.length).toBeGreaterThan(25);
    proxy.goDown();
    await expect(state(page)).toHaveText(/Connection lost, trying again/);
    // Nobody else is there: when no lease is out, those of the tab have run out.
    await expect.poll(() => leasesOf(rig.scheduler)).toBe(0);
    const other = await rig.openTab();
    await expect.poll(() => slicesDone(other)).toBeGreaterThan(10);
    expect(job.status.runStatus).toBe('running');
    proxy.comeUp();
    await expect(state(page)).toHaveText('Working');
    await job.wait();
    expect(sorted(numbers)).toEqual(upTo(count));
    await expect.poll(async () => (await slicesDone(page)) + (await slicesDone(other))).toBe(count);
    expect(await checkDataDir(rig.dataDir)).toEqual([]);
  } finally {
    await proxy.close();
  }
});

test('a network that falls silent is noticed by itself', async ({ rig, page }) => {
  test.setTimeout(240_000);
  const count = 40;
  const proxy = await startCutProxy(rig.scheduler);
  try {
    await page.goto(proxy.url);
    const { job, numbers } = await deployStamped(rig.scheduler, count, 500);
    await power(page, 'Start').click();
    await expect.poll(() => numbers.length).toBeGreaterThan(3);
    proxy.swallow();
    await expect(state(page)).toHaveText(/Connection lost, trying again/, { timeout: 60_000 });
    await expect(state(page)).toHaveText(/Working|Connected/);
    await job.wait();
    expect(sorted(numbers)).toEqual(upTo(count));
    await expect.poll(() => slicesDone(page)).toBe(count);
  } finally {
    await proxy.close();
  }
});

test('a browser that is set offline in the middle of a job', async ({ rig, page, context }) => {
  const count = 80;
  const { job, numbers, ends } = await deployStamped(rig.scheduler, count, 100);
  await page.goto(rig.scheduler);
  await power(page, 'Start').click();
  await expect.poll(() => numbers.length).toBeGreaterThan(25);
  const wentMs = Date.now();
  await context.setOffline(true);
  await expect(page.locator('#notes')).toContainText('You are offline');
  await expect(state(page)).toHaveText(/Connection lost, trying again/);
  const backMs = Date.now();
  await context.setOffline(false);
  await expect(page.locator('#notes')).toBeEmpty();
  await job.wait();
  expect(sorted(numbers)).toEqual(upTo(count));
  expect(ends.filter((end) => end > wentMs && end < backMs).length).toBeGreaterThan(0);
  await expect.poll(() => slicesDone(page)).toBe(count);
});
