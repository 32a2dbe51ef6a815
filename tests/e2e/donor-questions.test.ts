/**
 * What waits for the donor, and what they do beside Stop: questions about new deployers, finishing what runs, pausing,
 * and hours of the day.
 * @module
 */
import './fixtures/home.js';
import { expect } from '@playwright/test';
import {
  answer,
  axeFindings,
  card,
  deployBusy as deploy,
  leasesOf,
  power,
  questions,
  state,
  unfold,
} from './fixtures/donor-page.js';
import { test } from './fixtures/job-fixture.js';

test('the donor accepts or blocks a new deployer, and can unblock it later', async ({ fixture, page }) => {
  await deploy(fixture, 'First of mine', 50);
  await page.goto(fixture.scheduler);
  await unfold(page);
  await page.getByLabel('Ask me before a new deployer’s code runs').check();
  await power(page, 'Start').click();
  await expect(questions(page)).toContainText('First of mine');
  await expect(state(page)).toHaveText('Waiting for your answer');
  await expect(page).toHaveTitle('(1) A question · manyhands');
  await expect(page.getByRole('log')).toContainText('asks to compute: your answer is awaited');
  await expect(page.locator('#slices')).toHaveText('0');
  // The question did not take the keyboard's focus.
  await expect(power(page, 'Stop')).toBeFocused();
  expect(await axeFindings(page)).toEqual([]);
  await answer(page, /^Refuse them/);
  await expect(page.getByRole('log')).toContainText('Refused the deployer');
  await page.getByRole('button', { name: /^Unblock Deployer/ }).click();
  await answer(page, /^Admit them/);
  await expect(card(page, 'First of mine')).toBeVisible();
  await expect(page.locator('#slices')).not.toHaveText('0');

  // If the donor asks again, running slices are stopped and returned until the deployer is admitted again.
  await page.getByRole('button', { name: 'Ask about them again' }).click();
  await expect(questions(page)).toContainText('First of mine');
  await expect.poll(() => leasesOf(fixture.scheduler)).toBe(0);
  await expect(card(page, 'First of mine')).toBeHidden();
  await answer(page, /^Admit them/);
  await expect(card(page, 'First of mine')).toBeVisible();
});

test('a question stays open without covering the page, and one answer applies in every tab', async ({
  fixture,
  page,
}) => {
  await page.clock.install();
  await page.goto(fixture.scheduler);
  await unfold(page);
  await page.getByLabel('Earn to a key made in this browser').check();
  await page.getByLabel('Ask me before a new deployer’s code runs').check();
  await power(page, 'Start').click();
  await expect(state(page)).toHaveText('Connected, waiting for work');

  // Typing a passphrase while the question appears does not answer it.
  await page.getByRole('button', { name: 'Save the key as a file' }).click();
  const field = page.getByLabel('Passphrase', { exact: true });
  await field.pressSequentially('correct horse ');
  await deploy(fixture, 'First of mine', 50);
  await expect(questions(page)).toContainText('First of mine');
  await field.pressSequentially('battery staple');
  await expect(field).toHaveValue('correct horse battery staple');
  await expect(questions(page).locator('.question')).toHaveCount(1);

  // After five minutes the worker counts no answer as a refusal; a later answer of the donor is still valid.
  await page.clock.fastForward(6 * 60_000);
  await expect(questions(page)).toContainText('asked 6 minutes ago');
  const other = await page.context().newPage();
  await other.goto(fixture.scheduler);
  await power(other, 'Start').click();
  await expect(questions(other)).toContainText('First of mine');
  await answer(other, /^Admit everybody/);
  await expect(questions(page)).toBeHidden();
  await expect(card(page, 'First of mine')).toBeVisible();
  await expect(page.locator('#slices')).not.toHaveText('0');
  await expect(card(other, 'First of mine')).toBeVisible();
  await expect(page.locator('#notes')).toContainText('2 tabs of this browser compute');
  await power(page, 'Stop').click();
  await expect(state(page)).toHaveText('Stopped');
});

test('the page finishes running slices and stops, pauses for a given time, and works only in the allowed hours', async ({
  fixture,
  page,
}) => {
  await deploy(fixture, 'Long', 2_000);
  await page.goto(fixture.scheduler);
  await power(page, 'Start').click();
  await expect(state(page)).toHaveText('Working');
  await page.getByRole('button', { name: '15 min' }).click();
  await expect(state(page)).toHaveText(/Paused: until .* as you chose/);
  await page.reload();
  await power(page, 'Start').click();
  await expect(state(page)).toHaveText(/Paused: until /);
  await page.getByRole('button', { name: 'Resume now' }).click();
  await expect(state(page)).toHaveText('Working');

  await page.getByLabel('Only in these hours of the day').check();
  const hour = await page.evaluate(() => new Date().getHours());
  const time = (later: number): string => `${String((hour + later) % 24).padStart(2, '0')}:00`;
  await page.getByLabel('From', { exact: true }).fill(time(2));
  await page.getByLabel('To', { exact: true }).fill(time(3));
  await page.getByLabel('To', { exact: true }).blur();
  await expect(state(page)).toHaveText(`Paused: outside the hours ${time(2)}–${time(3)}`);
  await page.getByRole('button', { name: 'Work all day' }).click();
  await expect(page.getByLabel('Only in these hours of the day')).not.toBeChecked();
  await expect(state(page)).toHaveText('Working');

  await page.locator('.lanes li .track[data-known="true"]').first().waitFor();
  await page.getByRole('button', { name: 'Finish this, then stop' }).click();
  await expect(state(page)).toHaveText('Finishing what runs, then stopping');
  await expect(state(page)).toHaveText('Stopped');
  await expect(page.getByRole('log')).toContainText('The running slices are finished');
  await expect(page.locator('#slices')).not.toHaveText('0');

  // In words: so much of the computer.
  await page.getByLabel('Full', { exact: true }).check();
  await expect(page.locator('#share')).toHaveValue('100');
  expect(await page.evaluate(() => document.querySelector<HTMLInputElement>('#cores')!.max)).toBe(
    await page.locator('#cores').inputValue(),
  );
});
