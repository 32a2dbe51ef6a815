/**
 * The donor's story on their page: arriving, starting, seeing what runs, setting terms, earning, stopping, coming back.
 * In a real Chromium, with a scheduler process and this process as the deployer.
 * @module
 */
import './fixtures/home.js';
import { readFile } from 'node:fs/promises';
import { expect, type Page } from '@playwright/test';
import { computeFor, init } from 'manyhands';
import { openOperator } from 'manyhands/operator';
import { Keystore, toUnits, wallet } from 'manyhands/wallet';
import {
  answer,
  axeFindings,
  BUSY,
  card,
  countWorkers,
  deployBusy as deploy,
  leasesOf,
  power,
  setRange,
  state,
  unfold,
  workersByFrame,
} from './fixtures/donor-page.js';
import { PREWARMED_MAX } from '../../src/worker/sandboxes/start/prewarm-plan.js';
import { test } from './fixtures/job-fixture.js';

/** The history that the page has stored, as text. */
const keptHistory = (page: Page): Promise<string> =>
  page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const opening = indexedDB.open('manyhands-history');
        opening.onsuccess = () => {
          const all = opening.result.transaction('entries').objectStore('entries').getAll();
          all.onsuccess = () =>
            resolve((all.result as Uint8Array[]).map((one) => new TextDecoder().decode(one)).join());
        };
      }),
  );

test('a donor starts, works, changes settings, stops, and finds all of it after a reload', async ({
  fixture,
  page,
}) => {
  await page.goto(`${fixture.scheduler}/#join=lab,sesame%2C1`);
  await expect(state(page)).toHaveText('Not started');

  // The secret of the link is removed from the address bar at once, and only its digest is stored.
  expect(page.url()).toBe(`${fixture.scheduler}/`);
  expect(await axeFindings(page)).toEqual([]);
  await expect(page).toHaveTitle('(1) A question · manyhands');
  await answer(page, /^Join/);
  await unfold(page);
  await expect(page.getByRole('button', { name: 'Leave lab' })).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('sesame');

  // Settings before the worker is started.
  await page.getByLabel('Earn to a key made in this browser').check();
  await expect(page.locator('#browser-address')).toHaveText(/^Your address: 0x[0-9a-f]{40}$/);
  await setRange(page, 'Share of their time', 50);
  expect(await axeFindings(page)).toEqual([]);

  const payer = await wallet.get();
  const operator = await openOperator({ scheduler: fixture.scheduler, dataDir: fixture.dataDir });
  await operator.mint(payer.address, toUnits(10_000));
  await operator.close();
  init({ scheduler: fixture.scheduler });
  const paid = computeFor<number>(
    Array.from({ length: 2_000 }, (_, i) => i),
    BUSY,
    [150],
  );
  Object.assign(paid.public, {
    name: 'Paid \u202ekrow\u202c <b>work</b>',
    description: `${'long '.repeat(80)}end`,
    link: 'https://example.org/about',
  });
  await paid.deploy(0.5, payer);
  const other = await deploy(fixture, 'For the lab', 400, (job) => {
    job.computeGroups = [{ joinKey: 'lab', joinSecret: 'sesame,1' }];
    Object.assign(job.public, { link: 'http://example.org/' });
  });

  await power(page, 'Start').click();
  await expect(state(page)).toHaveText('Working');
  await setRange(page, 'Cores', 2);
  await setRange(page, 'Share of their time', 100);

  // Text of other people is shown as text, truncated and without characters that change its direction.
  const first = card(page, 'Paid krow <b>work</b>');
  await expect(first).toBeVisible();
  expect((await first.locator('.job-about').textContent())!.length).toBeLessThanOrEqual(280);
  const link = first.getByRole('link');
  expect(await link.evaluate((a: HTMLAnchorElement) => [a.href, a.rel, a.target])).toEqual([
    'https://example.org/about',
    'noopener noreferrer',
    '_blank',
  ]);
  const second = card(page, 'For the lab');
  await expect(second).toBeVisible();
  await expect(second.getByRole('link')).toBeHidden();
  await expect(second.getByRole('progressbar').first()).toBeVisible();
  // The account in the ledger, and the progress of the whole job.
  await expect(page.locator('#credits')).toHaveText(/^[\d.]*[1-9]/);
  await expect(first.locator('.whole-text')).toHaveText(/ % of the whole job .* computer helps$/);
  await expect(first.locator('.facts')).toContainText('Runs asJavaScript');
  await expect(page.locator('#chart-text')).toHaveText(/^Cores at work over the last three minutes/);
  expect(await axeFindings(page)).toEqual([]);

  // The key is exported as a file that its passphrase unlocks.
  await page.getByRole('button', { name: 'Save the key as a file' }).click();
  const form = page.locator('#export-form');
  await form.getByLabel('Passphrase', { exact: true }).fill('long enough');
  await form.getByLabel('Passphrase, again').fill('long enough');
  expect(await axeFindings(page)).toEqual([]);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    form.getByRole('button', { name: 'Save' }).click(),
  ]);
  const keystore = Keystore.fromJSON(await readFile(await download.path(), 'utf8'));
  await keystore.unlock('long enough');
  await expect(page.locator('#browser-address')).toHaveText(`Your address: ${keystore.address}`);

  // A blocked job ends, and the other one continues.
  await first.getByRole('button', { name: /^Block Paid/ }).click();
  await expect(first).toContainText('Its deployer is');
  await first.getByRole('button', { name: 'Block this job' }).click();
  await expect(first).toBeHidden();
  await expect(second).toBeVisible();

  // The worker stops within seconds and releases its leases.
  const stopMs = await page.evaluate(async () => {
    const began = performance.now();
    document.getElementById('power')!.click();
    const shown = document.getElementById('state')!;
    while (shown.dataset.state !== 'stopped') await new Promise((next) => requestAnimationFrame(next));
    return performance.now() - began;
  });
  expect(stopMs).toBeLessThan(1_500);
  await expect.poll(() => leasesOf(fixture.scheduler)).toBe(0);
  await other.cancel();
  await paid.cancel();

  // After a reload the settings are kept, and nothing runs.
  const slices = await page.locator('#slices').textContent();
  const ledger = await page.locator('#credits').textContent();
  await expect(page.locator('#helped')).toHaveText('2');
  await expect.poll(() => keptHistory(page)).toContain('log.stopped');
  await page.reload();
  await expect(state(page)).toHaveText('Not started');
  await expect(page.locator('#slices')).toHaveText(slices!);
  await expect(page.locator('#credits')).toHaveText(ledger!);
  await expect(page.locator('#helped')).toHaveText('2');
  await expect(page.locator('#history-jobs')).toContainText('For the lab');
  await expect(page.getByRole('log')).toContainText('Blocked the job “Paid krow');
  await unfold(page);
  await expect(page.getByLabel('Cores')).toHaveValue('2');
  await expect(page.getByLabel('Earn to a key made in this browser')).toBeChecked();
  await expect(page.locator('#browser-address')).toHaveText(`Your address: ${keystore.address}`);
  await expect(page.getByRole('button', { name: /^Unblock Job “Paid krow/ })).toBeVisible();
  await page.getByRole('button', { name: 'Leave lab' }).click();
  await expect(page.getByRole('button', { name: 'Leave lab' })).toBeHidden();
});

test('the page pauses on battery, when frozen and offline, shows the reason, and continues afterwards', async ({
  fixture,
  page,
}) => {
  await page.addInitScript(() => {
    const battery = Object.assign(new EventTarget(), { charging: true });
    Object.assign(navigator, { getBattery: () => Promise.resolve(battery) });
    Object.assign(globalThis, { battery });
  });
  const charge = (charging: boolean): Promise<void> =>
    page.evaluate((now) => {
      const { battery } = globalThis as unknown as { battery: EventTarget & { charging: boolean } };
      battery.charging = now;
      battery.dispatchEvent(new Event('chargingchange'));
    }, charging);
  await deploy(fixture, 'Long', 60);
  await page.goto(fixture.scheduler);
  await page.getByLabel('Only when plugged in').check();
  await power(page, 'Start').click();
  await expect(state(page)).toHaveText('Working');
  const locks = (): Promise<number> =>
    page.evaluate(async () => (await navigator.locks.query()).held!.filter(({ name }) => name === 'manyhands-running').length); // prettier-ignore
  expect(await locks()).toBe(1);

  await charge(false);
  await expect(state(page)).toHaveText('Paused: on battery');
  await expect.poll(() => leasesOf(fixture.scheduler)).toBe(0);
  await charge(true);
  await expect(state(page)).toHaveText('Working');

  // The events of a browser before it freezes a page and after it resumes it.
  await page.evaluate(() => document.dispatchEvent(new Event('freeze')));
  await expect.poll(() => leasesOf(fixture.scheduler)).toBe(0);
  await page.evaluate(() => document.dispatchEvent(new Event('resume')));
  await expect(state(page)).toHaveText('Working');

  await fixture.stopScheduler();
  await expect(state(page)).toHaveText(/Connection lost, trying again/);
  await fixture.restartScheduler();
  await expect(state(page)).toHaveText('Working');
  const before = await page.locator('#slices').textContent();
  await expect(page.locator('#slices')).not.toHaveText(before!);

  await power(page, 'Stop').click();
  await expect(state(page)).toHaveText('Stopped');
  expect(await locks()).toBe(0);
});

test('after the crash of a frame with eight sandboxes, eight run again, in one new frame and prewarmed ones', async ({
  fixture,
  page,
}) => {
  await countWorkers(page);
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => 8 });
  });
  const job = await deploy(fixture, 'Wide', 250);
  await page.goto(fixture.scheduler);
  await setRange(page, 'Cores', 8);
  await power(page, 'Start').click();
  await expect(page.locator('.lanes li')).toHaveCount(8);
  await expect(page.locator('#slices')).not.toHaveText('0');
  // The owner's frame disappears with all its sandboxes, as when its process crashes.
  await page.evaluate(() => {
    for (const frame of document.querySelectorAll('iframe')) frame.src = 'about:blank';
  });
  // A slot may take one of the two prewarmed sandboxes, each of which has a frame of its own; all others share one frame.
  await expect(async () => {
    const workers = await workersByFrame(page);
    expect(workers.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(8);
    const shared = workers.filter((one) => one > 1);
    expect(shared).toHaveLength(1);
    expect(shared[0]).toBeGreaterThanOrEqual(8 - PREWARMED_MAX);
    expect(shared[0]).toBeLessThanOrEqual(8);
  }).toPass({ timeout: 30_000 });
  await expect(page.locator('.lanes li')).toHaveCount(8);
  const before = await page.locator('#slices').textContent();
  await expect(page.locator('#slices')).not.toHaveText(before!);
  await job.cancel();
});

test('the page works in German, in dark mode, on a narrow screen and without storage', async ({
  fixture,
  browser,
}) => {
  const context = await browser.newContext({
    locale: 'de-DE',
    colorScheme: 'dark',
    viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'localStorage', {
      get: () => {
        throw new DOMException('refused', 'SecurityError');
      },
    });
  });
  await page.goto(fixture.scheduler);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'Stellen Sie freie Rechenzeit zur Verfügung',
  );
  await expect(page.locator('#rules-kept')).toContainText('merkt sich');
  for (const summary of await page.locator('summary').all()) await summary.scrollIntoViewIfNeeded();
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    await page.evaluate(() => (document.getElementById('install')!.hidden = false));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  }
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(state(page)).toHaveText('Verbunden, wartet auf Arbeit');
  await page.getByLabel('Sprache').selectOption('English');
  await expect(state(page)).toHaveText('Connected, waiting for work');
  await expect(page.getByRole('log')).toContainText('Connected. Waiting for work.');
  await page.getByLabel('Appearance').selectOption('Light');
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('light');
  expect(await axeFindings(page)).toEqual([]);
  await context.close();
});

test('the page loads offline, and works once the network is back', async ({ fixture, page, context }) => {
  await page.goto(fixture.scheduler);
  await page.evaluate(async () => navigator.serviceWorker.ready);
  await page.reload();
  await context.setOffline(true);
  await page.reload();
  await power(page, 'Start').click();
  await expect(state(page)).toHaveText(/No connection, trying again/);
  await expect(page.locator('#state-why')).toContainText('This computer is offline');
  expect(await axeFindings(page)).toEqual([]);
  await context.setOffline(false);
  await expect(state(page)).toHaveText('Connected, waiting for work');
  await deploy(fixture, 'Any', 20);
  await expect(page.locator('#slices')).not.toHaveText('0');
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const shells = await Promise.all(names.filter((name) => name.startsWith('manyhands-shell-')).map((name) => caches.open(name)));
    return (await Promise.all(shells.map((cache) => cache.keys()))).flat().map(({ url }) => new URL(url).pathname);
  }); // prettier-ignore
  expect(kept).toContain('/');
  expect(kept.filter((path) => /blobs|sandbox|manifest\.json|pyodide/.test(path))).toEqual([]);
  const manifest = JSON.parse(
    await (await page.request.get(`${fixture.scheduler}/manifest.webmanifest`)).text(),
  ) as {
    icons: { src: string; purpose: string }[];
  };
  expect(manifest.icons.map(({ purpose }) => purpose)).toContain('maskable');
  for (const { src } of manifest.icons)
    expect((await page.request.get(fixture.scheduler + src)).ok()).toBe(true);
});
