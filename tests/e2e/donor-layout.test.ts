/**
 * How the donor's page looks, in numbers: what is large enough for a finger, what keeps its shape with the longest of
 * names and in forced colours, and that Stop is in reach.
 * @module
 */
import './fixtures/home.js';
import { expect, type Page } from '@playwright/test';
import { computeFor, init } from 'manyhands';
import { encode } from 'uqr';
import { axeFindings, power, questions, state } from './fixtures/donor-page.js';
import { test, type JobFixture } from './fixtures/job-fixture.js';

const LONG = 'W'.repeat(200);
const RTL = 'مشروع طويل جدا لحساب الأعداد الأولية '.repeat(6);
const FINGER_PX = 44;

async function deploy(fixture: JobFixture, name: string): Promise<void> {
  init({ scheduler: fixture.scheduler });
  const job = computeFor<number>(
    [...Array(500).keys()],
    '(x) => { const end = performance.now() + 300; while (performance.now() < end) progress(); return x; }',
  );
  Object.assign(job.public, { name, description: name, link: 'https://example.org/about' });
  await job.deploy();
}

const keepSettings = (page: Page, settings: object) =>
  page.addInitScript((kept) => localStorage.setItem('manyhands.settings', JSON.stringify(kept)), settings);

/** The visible controls, each with its height and width. */
const controls = (page: Page): Promise<{ what: string; height: number; width: number }[]> =>
  page.locator('button, select, summary, label:has(input), input:not([type=checkbox], [type=radio])').evaluateAll(
    (all) =>
      all
        .filter((one) => one.checkVisibility() && !(one.tagName === 'LABEL' && one.querySelector('input:not([type=checkbox], [type=radio])')))
        .map((one) => {
          const { height, width } = one.getBoundingClientRect();
          return { what: `${one.tagName} ${one.id} ${one.textContent.trim().slice(0, 30)}`, height, width };
        }),
  ); // prettier-ignore

const unfoldAll = (page: Page): Promise<void> =>
  page
    .locator('details')
    .evaluateAll((all) => all.forEach((one) => ((one as HTMLDetailsElement).open = true)));

test('on a phone all controls are large enough to touch, and Stop stays visible at every scroll position', async ({
  fixture,
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await keepSettings(page, {
    askBeforeNewOwner: true,
    blockedJobs: [{ id: 'A'.repeat(22), name: LONG }],
    blockedOwners: [`0x${'1'.repeat(40)}`],
    admittedOwners: [`0x${'2'.repeat(40)}`],
    hours: '00:00-23:59',
    payment: { to: 'browser' },
  });
  await deploy(fixture, LONG);
  await page.goto(fixture.scheduler);
  await unfoldAll(page);
  const small = async (): Promise<unknown[]> =>
    (await controls(page)).filter(({ height, width }) => Math.min(height, width) < FINGER_PX - 0.5);
  expect(await small()).toEqual([]);
  await power(page, 'Start').click();
  await expect(questions(page)).toContainText('WWW');
  expect(await small()).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await expect(power(page, 'Stop')).toBeInViewport();
  await power(page, 'Stop').click();
  await expect(state(page)).toHaveText('Stopped');
});

test('very long and right-to-left job names neither break buttons nor overflow their card', async ({
  fixture,
  page,
}) => {
  await keepSettings(page, {
    blockedJobs: [LONG, RTL].map((name, i) => ({ id: String(i).repeat(22), name })),
    groups: [{ key: LONG.slice(0, 128) }],
  });
  await deploy(fixture, LONG);
  await deploy(fixture, RTL);
  await page.goto(fixture.scheduler);
  await unfoldAll(page);
  await power(page, 'Start').click();
  await expect(page.locator('.job .job-name').first()).toHaveText(/WWW|مشروع/);
  for (const width of [320, 390, 768, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const out = await page.locator('button:visible').evaluateAll((all) =>
      all
        .filter((one) => {
          const box = one.getBoundingClientRect();
          const around = one.closest('.job, li, section')!.getBoundingClientRect();
          const letters = one.textContent.trim().length;
          return box.right > around.right + 1 || (letters > 3 && letters < 10 && box.height > box.width);
        })
        .map((one) => one.textContent),
    );
    expect(out).toEqual([]);
  }
});

test('with forced colours the buttons have borders, and axe reports no violation', async ({
  fixture,
  browser,
}) => {
  const context = await browser.newContext({ forcedColors: 'active' });
  const page = await context.newPage();
  await page.goto(fixture.scheduler);
  const border = (): Promise<string[]> =>
    page.locator('#power').evaluate((one) => {
      const { borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(one);
      return [borderTopWidth, String(borderTopColor !== backgroundColor)];
    });
  expect(await border()).toEqual(['2px', 'true']);
  await power(page, 'Start').click();
  await expect(state(page)).toHaveText('Connected, waiting for work');
  expect(await border()).toEqual(['2px', 'true']);
  expect(await axeFindings(page)).toEqual([]);
  await context.close();
});

test('unknown progress does not look complete with reduced motion', async ({ fixture, browser }) => {
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  const page = await context.newPage();
  await deploy(fixture, 'No progress');
  await page.goto(fixture.scheduler);
  await power(page, 'Start').click();
  const fill = page.locator('.lanes .track[data-known="false"] .fill').first();
  await expect(fill).toBeVisible();
  expect(await fill.evaluate((one) => getComputedStyle(one).backgroundImage)).toContain('repeating');
  await context.close();
});

test('without JavaScript the page has no controls and explains why', async ({ fixture, browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(fixture.scheduler);
  await expect(page.locator('noscript')).toBeVisible();
  await expect(page.locator('#power')).toBeHidden();
  await expect(page.locator('.rules')).toBeHidden();
  await context.close();
});

test('without Web Workers, or with a scheduler of another version, the page explains beside the button what to do', async ({
  fixture,
  page,
  browser,
}) => {
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'Worker'));
  await page.goto(fixture.scheduler);
  await expect(state(page)).toHaveText('This browser cannot compute');
  await expect(page.locator('#state-why')).toContainText('no Web Workers');
  await power(page, 'Start').press('Enter');
  await expect(state(page)).toHaveText('This browser cannot compute');

  const other = await browser.newPage();
  // The hello of an older page to a newer scheduler.
  await other.routeWebSocket(/.*/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      const bytes = Buffer.from(message as Buffer);
      const at = bytes.indexOf('protocol');
      if (at >= 0) bytes[at + 'protocol'.length] = 1;
      server.send(bytes);
    });
  });
  await other.goto(fixture.scheduler);
  await power(other, 'Start').click();
  await expect(state(other)).toHaveText('Ended by an error');
  await expect(other.locator('#state-why')).toContainText('do not understand each other any more');
  await other.getByRole('button', { name: 'Reload the page' }).click();
  await expect(state(other)).toHaveText('Not started');
  await other.close();
});

test('a page reachable from other machines shows its address as a QR code, and a page on loopback says that it is not reachable', async ({
  fixture,
  page,
}) => {
  const section = page.locator('#phone');
  await page.goto(fixture.scheduler);
  await section.locator('summary').click();
  await expect(section.locator('#phone-text')).toContainText('works on this computer alone');
  await expect(section.locator('svg')).toHaveCount(0);

  await page.route('http://lan.test/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    const response = await route.fetch({ url: fixture.scheduler + pathname });
    await route.fulfill({ response });
  });
  await page.goto('http://lan.test/');
  await section.locator('summary').click();
  await expect(section.getByRole('img', { name: 'QR code of http://lan.test' })).toBeVisible();
  const { data } = encode('http://lan.test/', { border: 0 });
  const dark = data.flat().filter(Boolean).length;
  const drawn = await section.locator('svg path').getAttribute('d');
  expect(drawn!.match(/M/g)).toHaveLength(dark);
  await expect(section.locator('#phone-address')).toHaveText('http://lan.test');
});

test('an invalid payment address changes nothing, and the page reports the mistake', async ({
  fixture,
  page,
}) => {
  await page.goto(fixture.scheduler);
  await page.getByText('Credits', { exact: true }).first().click();
  await page.getByLabel('Earn to a key made in this browser').check();
  await expect(page.locator('#browser-address')).toHaveText(/0x/);
  await page.getByLabel('Earn to an address of mine').check();
  await page.getByLabel('Payment address').fill('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD');
  await page.getByLabel('Payment address').blur();
  await expect(page.locator('#address-error')).toContainText('That is no address, and changes nothing');
  const payment = (): Promise<unknown> =>
    page.evaluate(
      () =>
        (JSON.parse(localStorage.getItem('manyhands.settings')!) as { payment: { to: string } }).payment.to,
    );
  expect(await payment()).toBe('browser');
  await page.getByLabel('Payment address').fill('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed');
  await page.getByLabel('Payment address').blur();
  await expect.poll(payment).toBe('address');
});
