/**
 * What the job tests share: a scheduler process, a home of its own for this process as the deployer, and donors' tabs.
 * @module
 */
import { test as base, expect, type Page } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOME } from './home.js';
import { startSchedulerProcess } from './processes.js';

export interface JobRig {
  /** The scheduler's address. */
  scheduler: string;
  /** The scheduler's data folder, where its operator's token is. */
  dataDir: string;
  /** The deployer's MANYHANDS_HOME. */
  home: string;
  /** Opens the donor page and presses start, as a donor would. */
  openTab(): Promise<Page>;
  /** Ends the scheduler before the test does. */
  stopScheduler(): Promise<void>;
  /** Starts it again, with the same data on the same port. */
  restartScheduler(): Promise<void>;
}

export const test = base.extend<{ rig: JobRig }>({
  rig: async ({ browser }, use) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-scheduler-'));
    let scheduler = await startSchedulerProcess(dataDir);
    const { url } = scheduler;
    const pages: Page[] = [];
    const openTab = async (): Promise<Page> => {
      // A context for each: another person's browser.
      const context = await browser.newContext();
      const page = await context.newPage();
      pages.push(page);
      await page.goto(url);
      await page.getByRole('button', { name: 'Start' }).click();
      await expect(page.getByRole('status')).toContainText(/Connected|Working/);
      return page;
    };
    await use({
      scheduler: url,
      dataDir,
      home: HOME,
      openTab,
      stopScheduler: () => scheduler.close(),
      restartScheduler: async () => {
        await scheduler.close();
        scheduler = await startSchedulerProcess(dataDir, Number(new URL(url).port));
      },
    });
    for (const page of pages) await page.context().close();
    await scheduler.close();
    await rm(dataDir, { recursive: true, force: true });
  },
});
