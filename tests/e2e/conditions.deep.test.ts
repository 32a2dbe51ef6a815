/**
 * When a donor does not want their machine used, as a real Chromium tells of it: idleness, pressure, a cellular
 * network, data saver. The signals are the browser's own, set from outside; of the battery alone it takes no order,
 * so that donor.test.ts stands in for that one.
 * @module
 */
import './fixtures/home.js';
import { chromium, expect, type CDPSession, type Page } from '@playwright/test';
import { findChromium } from '../../scripts/find-chromium.mjs';
import { leasesOf, power, state } from './fixtures/donor-page.js';
import { test as base } from './fixtures/job-fixture.js';
import { deployStamped } from './fixtures/stamped-job.js';

interface Donor {
  page: Page;
  /** Replacements of the machine's sensors. */
  sensors: CDPSession;
  /** Grants the permission, as a donor does who accepts the browser's prompt. */
  allowIdleDetection(): Promise<void>;
}

const asRoot = process.getuid?.() === 0 || process.env.CHROMIUM_NO_SANDBOX !== undefined;

const test = base.extend<{ donor: Donor }>({
  donor: async ({ fixture }, use) => {
    const browser = await chromium.launch({
      executablePath: findChromium(),
      chromiumSandbox: !asRoot,
      // Chromium reports the type of the network on phones only.
      args: ['--disable-gpu', '--enable-blink-features=NetInfoDownlinkMax'],
    });
    const page = await browser.newPage();
    await page.goto(fixture.scheduler);
    const sensors = await page.context().newCDPSession(page);
    const { targetInfo } = await sensors.send('Target.getTargetInfo');
    const allowIdleDetection = async (): Promise<void> => {
      const session = await browser.newBrowserCDPSession();
      await session.send('Browser.grantPermissions', {
        permissions: ['idleDetection'],
        origin: fixture.scheduler,
        browserContextId: targetInfo.browserContextId,
      });
    };
    await use({ page, sensors, allowIdleDetection });
    await browser.close();
  },
});

test('a page that may work only while the computer is idle pauses when somebody uses it', async ({
  fixture,
  donor: { page, sensors, allowIdleDetection },
}) => {
  const { job } = await deployStamped(fixture.scheduler, 2_000, 30);
  const wish = page.getByLabel('Only when I am not using the computer');
  // Without the permission the setting cannot work, and is not accepted.
  await wish.click();
  await expect(page.locator('#when-note')).toContainText(
    'not allowed to detect whether you use the computer',
  );
  await expect(wish).not.toBeChecked();

  await allowIdleDetection();
  await wish.check();
  await power(page, 'Start').click();
  await sensors.send('Emulation.setIdleOverride', { isUserActive: true, isScreenUnlocked: true });
  await expect(state(page)).toHaveText('Paused: you are using the computer');
  await expect.poll(() => leasesOf(fixture.scheduler)).toBe(0);
  await sensors.send('Emulation.setIdleOverride', { isUserActive: false, isScreenUnlocked: true });
  await expect(state(page)).toHaveText('Working');
  await sensors.send('Emulation.setIdleOverride', { isUserActive: true, isScreenUnlocked: true });
  await expect(state(page)).toHaveText('Paused: you are using the computer');
  await expect.poll(() => leasesOf(fixture.scheduler)).toBe(0);
  // A locked screen counts as idle as well.
  await sensors.send('Emulation.setIdleOverride', { isUserActive: true, isScreenUnlocked: false });
  await expect(state(page)).toHaveText('Working');
  await job.cancel();
});

test('a page pauses while the CPU is under pressure', async ({ fixture, donor: { page, sensors } }) => {
  const { job } = await deployStamped(fixture.scheduler, 5_000, 30);
  const press = (level: 'nominal' | 'fair' | 'serious' | 'critical'): Promise<unknown> =>
    sensors.send('Emulation.setPressureStateOverride', { source: 'cpu', state: level });
  await sensors.send('Emulation.setPressureSourceOverrideEnabled', {
    enabled: true,
    source: 'cpu',
    metadata: { available: true },
  });
  await press('serious');
  await page.getByLabel('Pause while the computer is under pressure').check();
  await power(page, 'Start').click();
  await expect(state(page)).toHaveText('Working');
  await press('critical');
  await expect(state(page)).toHaveText('Paused: the computer is busy');
  await expect.poll(() => leasesOf(fixture.scheduler)).toBe(0);
  const pausedMs = Date.now();
  await press('nominal');
  await expect(state(page)).toHaveText('Working');
  // The worker caused much of the pressure itself, so it waits before it resumes.
  expect(Date.now() - pausedMs).toBeGreaterThan(15_000);
  await job.cancel();
});

test('a page pauses on a metered network', async ({ fixture, donor: { page, sensors } }) => {
  const { job } = await deployStamped(fixture.scheduler, 2_000, 30);
  const network = (connectionType: 'cellular4g' | 'wifi'): Promise<unknown> =>
    sensors.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 1,
      downloadThroughput: 1e9,
      uploadThroughput: 1e9,
      connectionType,
    });
  await expect(page.getByLabel('Not on a metered network')).toBeChecked();
  await network('wifi');
  await power(page, 'Start').click();
  await expect(state(page)).toHaveText('Working');
  await network('cellular4g');
  await expect(state(page)).toHaveText('Paused: on a metered network');
  await expect.poll(() => leasesOf(fixture.scheduler)).toBe(0);
  await network('wifi');
  await expect(state(page)).toHaveText('Working');
  await power(page, 'Stop').click();

  // The data saver setting of the browser applies to this page as well.
  await sensors.send('Emulation.setDataSaverOverride', { dataSaverEnabled: true });
  await power(page, 'Start').click();
  await expect(state(page)).toHaveText('Paused: on a metered network');
  await page.getByLabel('Not on a metered network').uncheck();
  await expect(state(page)).toHaveText('Working');
  await job.cancel();
});
