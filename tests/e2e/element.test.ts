/**
 * `<manyhands-worker>` on another origin, as the example has it: only the visitor's own press starts it, the site hears
 * of what happens, and neither side's policy meets the other's.
 * @module
 */
import './rig/home.js';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { expect, type FrameLocator, type Page } from '@playwright/test';
import { computeFor, init } from 'manyhands';
import { axeFindings } from './rig/donor-page.js';
import { test as base } from './rig/job-rig.js';

/** The site of the example; what stands in it is served with a policy of its own. */
const test = base.extend<{ site: string }>({
  site: async ({ rig }, use) => {
    const page = await readFile(new URL('../../examples/08-element/index.html', import.meta.url), 'utf8');
    const script = await readFile(new URL('../../examples/08-element/site.js', import.meta.url), 'utf8');
    const server = createServer((request, response) => {
      const isScript = request.url === '/site.js';
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
      const from = rig.scheduler;
      response.setHeader(
        'Content-Security-Policy',
        `default-src 'none'; script-src 'self' ${from}; style-src 'unsafe-inline'; frame-src ${from}`,
      );
      response.end(isScript ? script : page.replaceAll('http://localhost:8462', from));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    server.close();
    server.closeAllConnections();
  },
});

const embed = (page: Page): FrameLocator => page.frameLocator('manyhands-worker iframe');
const start = (page: Page) => embed(page).getByRole('button', { name: 'Start', exact: true });

test('a visitor of another site lends a hand, and the site hears of it', async ({ rig, site, page }) => {
  init({ scheduler: rig.scheduler });
  const job = computeFor<number>([1, 2, 3, 4, 5, 6], '(x) => x * x');
  const done = job.exec();
  await page.goto(site);
  await expect(embed(page).locator('#lead-text')).toContainText(new URL(site).host);
  await expect(embed(page).locator('#means')).toContainText('1 core of your processor');
  expect(await axeFindings(page)).toEqual([]);
  const height = await page.locator('manyhands-worker iframe').evaluate((frame) => frame.clientHeight);
  expect(height).toBeGreaterThan(200);

  // The site's own scripts cannot start it, whatever they send.
  await page.evaluate(() => {
    const frame = document.querySelector('manyhands-worker')!.shadowRoot!.querySelector('iframe')!;
    for (const type of ['start', 'configure']) {
      frame.contentWindow!.postMessage({ to: 'manyhands-embed', type, autostart: true }, '*');
    }
  });
  await expect(embed(page).getByRole('status')).toHaveText('Not started');

  // Nor can it be done under something that covers it.
  await page.evaluate(() => {
    const cover = Object.assign(document.createElement('div'), { id: 'cover' });
    cover.style.cssText = 'position:fixed;inset:0;background:#fff;pointer-events:none;opacity:0.99';
    document.body.append(cover);
  });
  await expect
    .poll(async () => {
      await start(page).click();
      return embed(page).locator('#hidden-note').textContent();
    })
    .toContain('Something may cover this button');
  await expect(embed(page).getByRole('status')).toHaveText('Not started');
  await page.evaluate(() => document.getElementById('cover')!.remove());

  await expect
    .poll(async () => {
      if (await start(page).isVisible()) await start(page).click();
      return embed(page).getByRole('status').textContent();
    })
    .toMatch(/Connected|Working/);
  expect([...(await done)]).toEqual([1, 4, 9, 16, 25, 36]);
  await expect(page.locator('#heard')).toContainText('start');
  await expect(page.locator('#heard')).toContainText('6 slices');
  expect(await axeFindings(page)).toEqual([]);

  // The key of this visitor is in the frame, and leaves it as a file.
  await embed(page).getByText('Choices', { exact: true }).click();
  await embed(page).getByLabel('Earn to a key made in this browser').check();
  await expect(embed(page).locator('#browser-address')).toHaveText(/0x[0-9a-f]{40}$/);
  await embed(page).getByRole('button', { name: 'Save the key as a file' }).click();
  const dialog = embed(page).getByRole('dialog');
  await dialog.getByLabel('Passphrase', { exact: true }).fill('long enough');
  await dialog.getByLabel('Passphrase, again').fill('long enough');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Save' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^manyhands-0x[0-9a-f]{40}\.json$/);

  await page.getByRole('button', { name: 'Stop it from here' }).click();
  await expect(embed(page).getByRole('status')).toHaveText('Stopped');
  await expect(page.locator('#heard')).toContainText('stop');
});
