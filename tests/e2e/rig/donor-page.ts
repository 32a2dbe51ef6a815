/**
 * What the tests of the donor's page do again and again.
 * @module
 */
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

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
