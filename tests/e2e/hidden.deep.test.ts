/**
 * A tab that is really hidden, really frozen, and on a machine that really sleeps, in a browser that treats it as a
 * donor's browser does.
 * @module
 */
import './fixtures/home.js';
import { expect } from '@playwright/test';
import { computeFor, init } from 'manyhands';
import { checkDataDir } from 'manyhands/scheduler';
import type { Browser } from 'puppeteer-core';
import { leasesOf } from './fixtures/donor-page.js';
import { test as base } from './fixtures/job-fixture.js';
import {
  cover,
  launchPlainChromium,
  openDonor,
  processesOf,
  slicesOf,
  textOf,
} from './fixtures/plain-chromium.js';
import { deployStamped, slicesDone, sorted, upTo } from './fixtures/stamped-job.js';

const test = base.extend<{ plain: Browser }>({
  plain: async ({ fixture: _rig }, use) => {
    const browser = await launchPlainChromium();
    await use(browser);
    await browser.close();
  },
});

test('a hidden tab computes as fast as a visible one', async ({ fixture, plain }) => {
  const { job, numbers } = await deployStamped(fixture.scheduler, 10_000, 20);
  const page = await openDonor(plain, fixture.scheduler);
  await expect.poll(() => numbers.length).toBeGreaterThan(50);
  await cover(plain);
  await page.waitForFunction(() => document.visibilityState === 'hidden', { polling: 100 });
  // The browser throttles the tab: a timer of 100 ms fires once a second.
  const gapMs = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        const began = performance.now();
        const tick = (left: number): void => {
          if (left === 0) done((performance.now() - began) / 4);
          else setTimeout(tick, 100, left - 1);
        };
        tick(4);
      }),
  );
  expect(gapMs).toBeGreaterThan(500);
  const before = numbers.length;
  await expect.poll(() => numbers.length - before).toBeGreaterThan(200);
  expect(await page.evaluate(() => document.visibilityState)).toBe('hidden');
  expect(await page.title()).toContain('Working');
  await page.bringToFront();
  await expect.poll(() => textOf(page, '#state')).toBe('Working');
  await job.cancel();
});

test('a frozen tab has released all leases, and continues when it is resumed', async ({ fixture, plain }) => {
  const count = 150;
  const { job, numbers } = await deployStamped(fixture.scheduler, count, 100);
  const page = await openDonor(plain, fixture.scheduler);
  await expect.poll(() => numbers.length).toBeGreaterThan(25);
  await cover(plain);
  const session = await page.createCDPSession();
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  // The page releases its leases itself, before the five seconds of grace of a silent worker have passed.
  await expect.poll(() => leasesOf(fixture.scheduler), { timeout: 4_000 }).toBe(0);
  const asleep = numbers.length;
  const other = await fixture.openTab();
  await expect.poll(() => slicesDone(other)).toBeGreaterThan(30);
  expect(await slicesOf(page)).toBeLessThanOrEqual(asleep);
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await expect.poll(() => textOf(page, '#state')).toMatch(/Working|Connected/);
  await job.wait();
  expect(sorted(numbers)).toEqual(upTo(count));
  expect((await slicesOf(page)) + (await slicesDone(other))).toBeLessThanOrEqual(count);
  expect(await textOf(page, '#log')).toContain('The browser froze the tab');
  expect(await checkDataDir(fixture.dataDir)).toEqual([]);
});

test('a machine that sleeps until its leases have expired loses no slice and reports none twice', async ({
  fixture,
  plain,
}) => {
  test.setTimeout(240_000);
  const count = 150;
  const { job, numbers } = await deployStamped(fixture.scheduler, count, 100);
  const page = await openDonor(plain, fixture.scheduler);
  await expect.poll(() => numbers.length).toBeGreaterThan(25);
  const processes = await processesOf(plain);
  for (const { id } of processes) process.kill(id, 'SIGSTOP');
  try {
    // The page sent nothing: the scheduler treats the silence as a disconnect and grants the slices to others.
    await expect.poll(() => leasesOf(fixture.scheduler), { timeout: 90_000 }).toBe(0);
    const other = await fixture.openTab();
    await expect.poll(() => slicesDone(other)).toBeGreaterThan(30);
    expect(job.status.runStatus).toBe('running');
    for (const { id } of processes) process.kill(id, 'SIGCONT');
    await expect.poll(() => textOf(page, '#log')).toContain('Connected again');
    await job.wait();
    expect(sorted(numbers)).toEqual(upTo(count));
    expect((await slicesOf(page)) + (await slicesDone(other))).toBeLessThanOrEqual(count);
    expect(await checkDataDir(fixture.dataDir)).toEqual([]);
  } finally {
    for (const { id } of processes) process.kill(id, 'SIGCONT');
  }
});

test('a tab with timers throttled to one per minute keeps the lease of a slice that outlasts the lease time', async ({
  fixture,
}) => {
  test.setTimeout(400_000);
  // Browsers throttle a hidden tab this much only after five minutes.
  const plain = await launchPlainChromium('IntensiveWakeUpThrottling:grace_period_seconds/10');
  try {
    init({ scheduler: fixture.scheduler });
    // A slice of 200 s without progress, and leases of 150 s that the page has to renew.
    const work = `(x, ms) => {
      const began = performance.timeOrigin + performance.now();
      while (performance.timeOrigin + performance.now() < began + ms);
      return began;
    }`;
    const job = computeFor<number>([1], work, [200_000]);
    job.public.name = 'One long slice';
    await job.deploy();
    const page = await openDonor(plain, fixture.scheduler);
    await expect.poll(() => textOf(page, '#state')).toBe('Working');
    await cover(plain);
    const coveredMs = Date.now();
    await page.waitForFunction(() => document.visibilityState === 'hidden', { polling: 100 });
    await page.evaluate(() => {
      const tick = (): void => {
        document.body.dataset.ticks = String(Number(document.body.dataset.ticks ?? 0) + 1);
        setTimeout(tick, 100);
      };
      tick();
    });
    const [began] = [...(await job.wait())];
    // The slice was started once, before the tab was hidden: its lease was never granted to another worker.
    expect(began).toBeLessThan(coveredMs);
    // The browser throttled the tab: a timer of 100 ms fired only some dozen times.
    const ticks = await page.evaluate(() => Number(document.body.dataset.ticks));
    expect(ticks).toBeLessThan(60);
    // A hidden page renders no frames.
    await page.bringToFront();
    await expect.poll(() => slicesOf(page)).toBe(1);
    expect(await textOf(page, '#log')).not.toContain('A problem');
  } finally {
    await plain.close();
  }
});
