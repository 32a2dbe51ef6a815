/**
 * The donor's page as a scheduler serves it: it starts when the donor says so, with the keyboard alone, and says what
 * it is in.
 * @module
 */
import './rig/home.js';
import { expect } from '@playwright/test';
import { test } from './rig/job-rig.js';

test('the page and the frame come with their policies', async ({ rig, request }) => {
  const page = await request.get(rig.scheduler);
  expect(page.headers()['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
  expect(page.headers()['content-security-policy']).toContain("frame-src 'self'");
  // Its script fetches input from sites that the donor names; the embedded page has no such list.
  expect(page.headers()['content-security-policy']).toContain("connect-src 'self' https: http:;");
  const embedded = await request.get(`${rig.scheduler}/embed`);
  expect(embedded.headers()['content-security-policy']).toContain("connect-src 'self';");
  const frame = await request.get(`${rig.scheduler}/sandbox/frame.html`);
  const policy = frame.headers()['content-security-policy'];
  expect(policy).toContain("connect-src 'none'");
  expect(policy).toContain('sandbox allow-scripts');
  expect(policy).not.toContain('unsafe-inline');
  expect(frame.headers()['connection-allowlist']).toBe('()');
});

test('nothing starts before the donor starts it; the keyboard is enough', async ({ rig, page }) => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${rig.scheduler}/?start`);
  const status = page.getByRole('status');
  await expect(status).toHaveText('Not started');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the start button' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Shift+Tab');
  await expect(page.getByRole('button', { name: 'Start' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(status).toHaveText('Connected, waiting for work');
  await expect(page.getByRole('button', { name: 'Stop', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(status).toHaveText('Stopped');
  await expect(page.getByRole('button', { name: 'Start' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(status).toHaveText('Connected, waiting for work');
  expect(complaints).toEqual([]);
});

test('a page whose scheduler goes away says so, and can be stopped', async ({ rig }) => {
  const tab = await rig.openTab();
  await rig.stopScheduler();
  await expect(tab.getByRole('status')).toHaveText(/trying again/);
  await tab.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(tab.getByRole('status')).toHaveText('Stopped');
});
