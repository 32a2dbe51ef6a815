/**
 * The main part of the donor's story in a real Firefox: start, see work, change the terms, earn, block, stop, come back.
 * @module
 */
import '../e2e/fixtures/home.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeFor, init } from 'manyhands';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { findFirefox } from '../../scripts/find-firefox.mjs';
import { startSchedulerProcess, type SchedulerProcess } from '../e2e/fixtures/processes.js';

const WAIT = { timeout: 60_000, interval: 100 };

let dataDir: string;
let scheduler: SchedulerProcess;
let browser: Browser;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'manyhands-scheduler-'));
  scheduler = await startSchedulerProcess(dataDir);
  browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: findFirefox() ?? 'firefox',
    headless: true,
  });
}, 60_000);

afterAll(async () => {
  await browser.close();
  await scheduler.close();
  await rm(dataDir, { recursive: true, force: true });
});

const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => element.textContent ?? '');

const untilText = (page: Page, selector: string, expected: RegExp): Promise<void> =>
  vi.waitFor(async () => expect(await textOf(page, selector)).toMatch(expected), WAIT);

it('in Firefox a donor starts, runs slices, earns, blocks a deployer, stops, and finds all of it after a reload', async () => {
  init({ scheduler: scheduler.url });
  const job = computeFor<number>(
    Array.from({ length: 1_000 }, (_, i) => i),
    '(x) => { const end = performance.now() + 40; while (performance.now() < end); return x; }',
  );
  job.public.name = 'Seen in Firefox';
  await job.deploy();
  const page = await browser.newPage();
  await page.goto(scheduler.url);
  await untilText(page, '#state', /Not started/);
  await page.$eval('input[name="payment"][value="browser"]', (radio) => (radio as HTMLElement).click());
  await untilText(page, '#browser-address', /0x[0-9a-f]{40}$/);
  const address = await textOf(page, '#browser-address');
  await page.click('#power');
  await untilText(page, '#state', /Working/);
  await untilText(page, '.job-name', /Seen in Firefox/);
  await untilText(page, '#slices', /[1-9]/);
  await page.$eval('#share', (range) => {
    (range as HTMLInputElement).value = '60';
    range.dispatchEvent(new Event('input'));
  });
  await untilText(page, '#share-value', /60/);
  // A condition that this browser cannot observe is left out, and named.
  await untilText(page, '#when-note', /This browser cannot observe/);

  await page.click('.job-head button');
  await page.waitForSelector('.block-row .danger');
  await page.click('.block-row .danger');
  await untilText(page, '#blocked', /Seen in Firefox/);
  await vi.waitFor(async () => expect(await page.$('.job')).toBeNull(), WAIT);
  await page.click('#power');
  await untilText(page, '#state', /Stopped/);
  const slices = await textOf(page, '#slices');

  await page.reload();
  await untilText(page, '#state', /Not started/);
  await untilText(page, '#slices', new RegExp(`^${slices}$`));
  await untilText(page, '#share-value', /60/);
  await untilText(page, '#browser-address', new RegExp(address.slice(-40)));
  await untilText(page, '#blocked', /Seen in Firefox/);
  await job.cancel();
});
