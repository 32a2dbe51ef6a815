/**
 * The tests that need a real browser. They start their own servers on free ports; see tests/e2e/fixtures.
 * @module
 */
import { defineConfig } from '@playwright/test';
import { findChromium } from './scripts/find-chromium.mjs';

/** Chromium's own sandbox does not start for root; everybody else keeps it, unless the machine cannot. */
const withSandbox = process.getuid?.() !== 0 && process.env.CHROMIUM_NO_SANDBOX === undefined;

export default defineConfig({
  testDir: 'tests/e2e',
  testMatch: '**/*.test.ts',
  // As with vitest: what takes minutes runs with `npm run test:deep` alone.
  testIgnore: process.env.DEEP === '1' ? [] : ['**/*.deep.test.ts'],
  outputDir: 'test-results',
  timeout: 90_000,
  expect: { timeout: 30_000 },
  forbidOnly: process.env.CI !== undefined,
  fullyParallel: false,
  workers: 2,
  retries: 0,
  reporter: 'list',
  use: {
    browserName: 'chromium',
    headless: true,
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: findChromium(),
      chromiumSandbox: withSandbox,
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
