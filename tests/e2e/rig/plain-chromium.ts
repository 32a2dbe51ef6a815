/**
 * A Chromium that treats its tabs as a donor's does: one that is covered is hidden and slowed down, and can be frozen.
 * The browser that the other tests share keeps all its tabs awake and in focus.
 * @module
 */
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { findChromium } from '../../../scripts/find-chromium.mjs';

/** What a driver switches off that a donor's browser has. */
const KEEPS_AWAKE = [
  '--disable-backgrounding-occluded-windows',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
];

/** Among what a driver switches off is the process that a sandboxed frame has for itself. */
const SWITCHED_OFF = puppeteer.defaultArgs().filter((flag) => flag.startsWith('--disable-features='));

/** `features`: of Chromium, as its command line names them. */
export async function launchPlainChromium(...features: string[]): Promise<Browser> {
  const asRoot = process.getuid?.() === 0 || process.env.CHROMIUM_NO_SANDBOX !== undefined;
  return puppeteer.launch({
    executablePath: findChromium(),
    headless: true,
    ignoreDefaultArgs: [...KEEPS_AWAKE, ...SWITCHED_OFF],
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      ...(asRoot ? ['--no-sandbox'] : []),
      ...(features.length === 0 ? [] : [`--enable-features=${features.join(',')}`]),
    ],
  });
}

/** Opens the donor's page and presses start. */
export async function openDonor(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.click('#power');
  return page;
}

/** Another tab in front of all others. */
export async function cover(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  await page.bringToFront();
  return page;
}

export const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => (element.textContent ?? '').replaceAll(/\s+/g, ' ').trim());

/** What a donor's page says that it has done; a tab that is frozen says nothing. */
export async function slicesOf(page: Page): Promise<number> {
  return Number((await textOf(page, '#slices')).replaceAll(',', ''));
}

interface ProcessInfo {
  id: number;
  type: string;
  /** Seconds. */
  cpuTime: number;
}

/** The processes of a browser. */
export async function processesOf(browser: Browser): Promise<ProcessInfo[]> {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo;
}

/** The renderer that works the hardest, by its process id: that of the sandboxes, while a job of long slices runs. */
export async function busiestRenderer(browser: Browser): Promise<number> {
  const before = await processesOf(browser);
  let found: number | undefined;
  while (found === undefined) {
    const now = await processesOf(browser);
    const rates = now
      .filter(({ type }) => type === 'renderer')
      .map(({ id, cpuTime }) => ({
        id,
        seconds: cpuTime - (before.find((one) => one.id === id)?.cpuTime ?? 0),
      }));
    const best = rates.reduce((one, other) => (other.seconds > one.seconds ? other : one));
    if (best.seconds > 1) found = best.id;
  }
  return found;
}
