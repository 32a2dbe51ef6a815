/**
 * The donor's page as `npm run dev:page` serves it: from its sources, in front of a scheduler.
 * @module
 */
import './fixtures/home.js';
import { expect } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'vite';
import { deployBusy as deploy, power, state } from './fixtures/donor-page.js';
import { test } from './fixtures/job-fixture.js';

test('the page computes from its sources, and reloads when a source changes', async ({ fixture, page }) => {
  process.env['MANYHANDS_SCHEDULER'] = fixture.scheduler;
  const cacheDir = await mkdtemp(join(tmpdir(), 'manyhands-vite-'));
  const server = await createServer({
    configFile: 'web-worker-demo/vite.config.ts',
    logLevel: 'error',
    cacheDir,
    server: { port: 0 },
  });
  await server.listen();
  try {
    await page.goto(server.resolvedUrls!.local[0]!);
    await power(page, 'Start').click();
    await expect(state(page)).toHaveText('Connected, waiting for work');
    await deploy(fixture, 'Any', 20);
    await expect(page.locator('#slices')).not.toHaveText('0');
    const reloaded = page.waitForEvent('load');
    server.watcher.emit('change', join(import.meta.dirname, '../../web-worker-demo/parts/power.html'));
    await reloaded;
  } finally {
    await server.close();
    await rm(cacheDir, { recursive: true, force: true });
  }
});
