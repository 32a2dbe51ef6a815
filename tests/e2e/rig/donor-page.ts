/**
 * What the tests of the donor's page do again and again.
 * @module
 */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';
import { computeFor, init, type Job } from 'manyhands';
import type { JobRig } from './job-rig.js';

/** The page's one state, in words. */
export const state = (page: Page): Locator => page.getByRole('status');

export const power = (page: Page, name: 'Start' | 'Stop'): Locator =>
  page.getByRole('button', { name, exact: true });

/** What axe has to say of the page as it is, in a line each. */
export async function axeFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

/** Moves a slider as a hand would. */
export async function setRange(page: Page, label: string, value: number): Promise<void> {
  await page.getByLabel(label).fill(String(value));
}

/** Leases that the scheduler has out. */
export async function leasesOf(scheduler: string): Promise<number> {
  const response = await fetch(`${scheduler}/healthz`);
  return ((await response.json()) as { leases: number }).leases;
}

/** The list of questions to the donor. */
export const questions = (page: Page | FrameLocator): Locator => page.locator('#questions');

/** Answers the first question that has such a button: a press in its first half second counts for nothing. */
export async function answer(page: Page | FrameLocator, name: RegExp): Promise<void> {
  const open = questions(page).locator('.question');
  await expect(open.first()).toBeVisible();
  const before = await open.first().getAttribute('data-id');
  await expect(async () => {
    const first = questions(page).locator(`.question[data-id="${before}"]`);
    if ((await first.count()) > 0)
      await first.getByRole('button', { name }).press('Enter', { timeout: 1_000 });
    await expect(first).toHaveCount(0, { timeout: 700 });
  }).toPass();
}

/** A slice that keeps a core busy for so many milliseconds, and says how far it is. */
export const BUSY = `(x, ms) => {
  const began = performance.now();
  for (;;) {
    const part = (performance.now() - began) / ms;
    if (part >= 1) return x;
    progress(part);
  }
}`;

/** Deploys 2,000 slices of so many milliseconds. */
export async function deployBusy(
  rig: JobRig,
  name: string,
  ms: number,
  change?: (job: Job<number>) => void,
): Promise<Job<number>> {
  init({ scheduler: rig.scheduler });
  const job = computeFor<number>(
    Array.from({ length: 2_000 }, (_, i) => i),
    BUSY,
    [ms],
  );
  job.public.name = name;
  change?.(job);
  await job.deploy();
  return job;
}

/** The card of that job. */
export const card = (page: Page, name: string) => page.locator('.job', { hasText: name });

/** Opens the sections of the terms that are folded. */
export async function unfold(page: Page): Promise<void> {
  for (const name of ['For whom', 'Credits']) await page.getByText(name, { exact: true }).first().click();
}
