/**
 * Pictures of the donor's page in its states, to be looked at one by one after a change of its looks:
 * `node scripts/page-shots.mjs <folder> [state ...]`. It needs a build, and starts a scheduler and deployers of its own.
 */
/* global document, localStorage, navigator */
import { chromium } from '@playwright/test';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findChromium } from './find-chromium.mjs';

const [folder, ...wanted] = process.argv.slice(2);
if (folder === undefined) {
  console.error('Name the folder for the pictures: node scripts/page-shots.mjs <folder> [state ...]');
  process.exit(2);
}
const home = await mkdtemp(join(tmpdir(), 'manyhands-shots-'));
process.env.MANYHANDS_HOME = join(home, 'home');
const { startScheduler } = await import('manyhands/scheduler');

const WIDTHS = (process.env.SHOT_WIDTHS ?? '390,768,1280,1920').split(',').map(Number);
const WANTED_LOOKS = process.env.SHOT_LOOKS?.split(',');
const LOOKS = [
  { name: 'light', options: { colorScheme: 'light' } },
  { name: 'dark', options: { colorScheme: 'dark' } },
  { name: 'forced', options: { forcedColors: 'active' } },
];
const WAIT = { timeout: 15_000 };
const LONG = 'W'.repeat(300);
const RTL = 'مشروع طويل جدا لحساب الأعداد الأولية '.repeat(8);
const BUSY = `(x, ms) => {
  const end = performance.now() + ms;
  for (let left = ms; left > 0; left = end - performance.now()) progress(1 - left / ms);
  return x;
}`;

/** Each deployer is a process with an identity of its own: each is asked about. It ends when its job is deployed. */
async function deploy(url, name, { ms = 400, count = 4_000, bytes = 0, description = '', link = '' } = {}) {
  const code = `import { computeFor, init } from 'manyhands';
    const [url, count, ms, bytes, work, about] = JSON.parse(process.argv[1]);
    init({ scheduler: url });
    const job = computeFor(Array.from({ length: count }, (_, i) => i), work, [ms, new Uint8Array(bytes)]);
    Object.assign(job.public, about);
    await job.deploy();
    process.exit(0);`;
  const asked = JSON.stringify([url, count, ms, bytes, BUSY, { name, description, link }]);
  const env = { ...process.env, MANYHANDS_HOME: await mkdtemp(join(home, 'deployer-')) };
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code, asked], { env });
}

const start = async (page) => {
  await page.click('#power');
  await page.waitForSelector('#state[data-state=working], #state[data-state=connected]', WAIT);
};
const unfold = (page) =>
  page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
const change = (page, settings) =>
  page.addInitScript((kept) => {
    localStorage.setItem('manyhands.settings', JSON.stringify(kept));
  }, settings);

/** Each state: what is deployed before, what is set before, and what is done on the page. */
const STATES = {
  idle: { act: async () => undefined },
  settings: { act: unfold },
  connected: { act: start },
  working: {
    jobs: [
      [
        'Protein folding, batch 12',
        { description: 'Looks for low-energy shapes of short peptides.', link: 'https://example.org/about' },
      ],
    ],
    act: async (page) => {
      await start(page);
      await page.waitForSelector('.whole:not([hidden])');
    },
  },
  several: {
    jobs: [
      ['Protein folding, batch 12', { ms: 900 }],
      [LONG, { description: LONG, ms: 900, link: `https://example.org/${'x'.repeat(300)}` }],
      [RTL, { ms: 900, description: RTL }],
      ['Primes', { ms: 2 }],
    ],
    set: { cores: 8 },
    act: async (page) => {
      await start(page);
      await page.waitForSelector('.job:nth-child(3)', WAIT);
      await page.waitForSelector('.whole:not([hidden])', WAIT);
    },
  },
  asking: {
    jobs: [
      ['First of mine', { description: 'Asks kindly.', link: 'https://example.org/' }],
      [LONG, { description: RTL }],
    ],
    set: { askBeforeNewOwner: true },
    act: async (page) => {
      await start(page);
      await page.waitForSelector('.question');
    },
  },
  blocking: {
    jobs: [['Protein folding, batch 12', {}]],
    act: async (page) => {
      await start(page);
      await page.waitForSelector('.job button.small:not([hidden])');
      await page.click('.job button.small');
    },
  },
  lists: {
    set: {
      blockedJobs: [
        { id: 'A'.repeat(22), name: LONG },
        { id: 'B'.repeat(22), name: RTL },
        { id: 'C'.repeat(22), name: '' },
      ],
      blockedOwners: [`0x${'1'.repeat(40)}`],
      admittedOwners: [`0x${'2'.repeat(40)}`, `0x${'3'.repeat(40)}`],
      askBeforeNewOwner: true,
      groups: [{ key: LONG.slice(0, 256) }, { key: 'lab' }],
      allowOrigins: ['https://data.example.org'],
      hours: '22:00-07:00',
      payment: { to: 'browser' },
    },
    act: async (page) => {
      await unfold(page);
      await page.waitForSelector('#export:not([hidden])');
      await page.click('#export');
    },
  },
  snoozed: {
    set: {
      snoozeUntilMs: Date.now() + 3_600_000,
      hours: `${String((new Date().getHours() + 2) % 24).padStart(2, '0')}:00-${String((new Date().getHours() + 3) % 24).padStart(2, '0')}:00`,
    },
    act: async (page) => {
      await page.click('#power');
      await page.waitForSelector('#state[data-state=paused]');
    },
  },
  'data-used-up': {
    set: { mebibytesPerDay: 1 },
    jobs: [['Much data', { description: 'x'.repeat(200), bytes: 2_000_000 }]],
    act: async (page) => {
      await page.click('#power');
      await page.waitForSelector('#state[data-state=paused]', WAIT);
    },
  },
  history: {
    jobs: [
      // Enough for each of the looks.
      ['Protein folding, batch 12', { ms: 30, count: 1_000 }],
      [RTL, { ms: 30, count: 1_000 }],
    ],
    act: async (page) => {
      await start(page);
      await page.waitForSelector('.past-jobs li:nth-child(2)', WAIT);
      await page.click('#power');
      await page.waitForSelector('#state[data-state=stopped]');
    },
  },
  offline: {
    act: async (page) => {
      await page.routeWebSocket(/.*/, (socket) => socket.close());
      await page.evaluate(() => navigator.serviceWorker?.ready).catch(() => undefined);
      await page.click('#power');
      await page.waitForSelector('#state[data-state=offline], #state[data-state=failed]');
    },
  },
  // As an older page greets a newer scheduler.
  'wrong-version': {
    act: async (page) => {
      await page.routeWebSocket(/.*/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((message) => {
          const bytes = Buffer.from(message);
          const at = bytes.indexOf('protocol');
          if (at >= 0) bytes[at + 'protocol'.length] = 1;
          server.send(bytes);
        });
      });
      await page.reload();
      await page.click('#power');
      await page.waitForSelector('#state[data-state=failed]', WAIT);
    },
  },
  german: {
    jobs: [['Proteinfaltung, Teil 12', { description: 'Sucht energiearme Formen kurzer Peptide.' }]],
    set: { language: 'de' },
    act: async (page) => {
      await start(page);
      await page.waitForSelector('.whole:not([hidden])');
      await unfold(page);
    },
  },
};

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: findChromium(),
  chromiumSandbox: process.getuid?.() !== 0,
  args: ['--disable-gpu', '--disable-quic'],
});
for (const [name, { jobs = [], set = {}, act }] of Object.entries(STATES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const scheduler = await startScheduler({ port: 0, dataDir: join(home, name) });
  const url = scheduler.url;
  for (const [title, about] of jobs) await deploy(url, title, about);
  for (const look of LOOKS.filter(({ name: one }) => WANTED_LOOKS?.includes(one) ?? true)) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...look.options });
    const page = await context.newPage();
    await change(page, set);
    if (set.cores !== undefined)
      await page.addInitScript(() =>
        Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => 8 }),
      );
    await page.goto(url);
    await act(page).catch((error) => console.error(`${name} ${look.name}: ${error.message}`));
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width < 600 ? 844 : 900 });
      await page.waitForTimeout(150);
      await page.screenshot({
        path: join(folder, `${name}-${look.name}-${width}.png`),
        fullPage: width !== 390,
      });
      if (width === 390)
        await page.screenshot({ path: join(folder, `${name}-${look.name}-390-full.png`), fullPage: true });
    }
    await context.close();
  }
  await scheduler.close();
}
await browser.close();
await rm(home, { recursive: true, force: true });
process.exit(0);
