/**
 * Browsers as the escape tests use them: one page, at most. Chromium tells after its end which names it asked for.
 * @module
 */
import { chromium } from '@playwright/test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { findChromium } from '../../../scripts/find-chromium.mjs';
import { findFirefox } from '../../../scripts/find-firefox.mjs';
import { memoryUnder } from './processes-memory.js';
import { LISTENER_NAMES, type TestBrowser } from './test-browser.js';

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `allowList`: whether the frame is served with its header Connection-Allowlist. */
export async function openChromium({ allowList = true } = {}): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'manyhands-net-log-'));
  const log = join(folder, 'net.json');
  // A profile like a donor's: a context without one looks up no name ahead, and so would show nothing of it.
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: findChromium(),
    chromiumSandbox: process.getuid?.() !== 0 && process.env.CHROMIUM_NO_SANDBOX === undefined,
    args: [...FLAGS, `--host-resolver-rules=MAP *.${LISTENER_NAMES} 127.0.0.1`, `--log-net-log=${log}`],
  });
  const page = await context.newPage();
  if (!allowList) {
    await context.route('**/sandbox/frame.html', async (route) => {
      const response = await route.fetch();
      const headers = response.headers();
      delete headers['connection-allowlist'];
      await route.fulfill({ response, headers });
    });
  }
  return {
    name: 'chromium',
    open: async (url) => void (await page.goto(url)),
    evaluate: (code) => page.evaluate(code),
    beside: async (url) => {
      const other = await context.newPage();
      await other.goto(url);
      return (code) => other.evaluate(code);
    },
    memory: () => memoryUnder((_, command) => command.includes(log)),
    close: async () => {
      await context.close();
      const names = await namesAskedFor(log);
      await rm(folder, { recursive: true, force: true });
      return names;
    },
  };
}

/** The system's Firefox (`FIREFOX_PATH`, else Debian's). */
export async function openFirefox(): Promise<TestBrowser> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: findFirefox() ?? 'firefox',
    headless: true,
    extraPrefsFirefox: { 'network.dns.disablePrefetch': false },
  });
  const page = await browser.newPage();
  return {
    name: 'firefox',
    open: async (url) => void (await page.goto(url)),
    evaluate: (code) => page.evaluate(code) as Promise<never>,
    beside: () => Promise.reject(new Error('Only Chromium is asked for a second page')),
    memory: () => Promise.resolve(0),
    close: async () => {
      await browser.close();
      return [];
    },
  };
}

/** From Chromium's log of its network: every watched name that its resolver was asked for. */
async function namesAskedFor(log: string): Promise<string[]> {
  const text = await readFile(log, 'utf8');
  const { constants, events } = JSON.parse(text) as {
    constants: { logEventTypes: Record<string, number> };
    events: { type: number; params?: unknown }[];
  };
  const resolver = new Set(
    Object.entries(constants.logEventTypes)
      .filter(([name]) => name.startsWith('HOST_RESOLVER') || name.startsWith('DNS_'))
      .map(([, type]) => type),
  );
  const names = events
    .filter(({ type }) => resolver.has(type))
    .flatMap(({ params }) => JSON.stringify(params ?? {}).match(/[\w-]+\.escape\.invalid/g) ?? []);
  return [...new Set(names)];
}
