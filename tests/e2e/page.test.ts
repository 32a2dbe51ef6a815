/**
 * The donor's page as a scheduler serves it: it starts when the donor says so, with the keyboard alone, and says what
 * it is in.
 * @module
 */
import './fixtures/home.js';
import { expect } from '@playwright/test';
import { test } from './fixtures/job-fixture.js';

test('the page and the frame are served with their content security policies', async ({
  fixture,
  request,
}) => {
  const page = await request.get(fixture.scheduler);
  expect(page.headers()['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
  expect(page.headers()['content-security-policy']).toContain("frame-src 'self'");
  // The script of the page may fetch input from sites that the donor allows; the embedded page may not.
  expect(page.headers()['content-security-policy']).toContain("connect-src 'self' https: http:;");
  const embedded = await request.get(`${fixture.scheduler}/embed`);
  expect(embedded.headers()['content-security-policy']).toContain("connect-src 'self';");
  const frame = await request.get(`${fixture.scheduler}/sandbox/frame.html`);
  const policy = frame.headers()['content-security-policy'];
  expect(policy).toContain("connect-src 'none'");
  expect(policy).toContain('sandbox allow-scripts');
  expect(policy).not.toContain('unsafe-inline');
  expect(frame.headers()['connection-allowlist']).toBe('()');
});

test('nothing starts before the donor starts it, and the page can be used by keyboard alone', async ({
  fixture,
  page,
}) => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A sandbox's frame checks its policy by a connection that is refused, and the browser logs the refusal.
    if (message.text().includes('data:,')) return;
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${fixture.scheduler}/?start`);
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

test('a page whose scheduler is gone reports it, and can be stopped', async ({ fixture }) => {
  const tab = await fixture.openTab();
  await fixture.stopScheduler();
  await expect(tab.getByRole('status')).toHaveText(/trying again/);
  await tab.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(tab.getByRole('status')).toHaveText('Stopped');
});
