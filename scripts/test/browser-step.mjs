/**
 * The step that sees to a browser, before every suite that needs one. The others run without it.
 * @module
 */
import { findChromium } from '../find-chromium.mjs';
import { findFirefox } from '../find-firefox.mjs';
import { runProcess } from './process.mjs';

const INSTALL_MS_MAX = 12 * 60_000;

/** @type {import('./steps.mjs').Step} */
export const browserStep = {
  name: 'browser',
  title: 'A browser for the tests',
  weight: 1,
  needs: [],
  run: async ({ deep }) => {
    const missing = [
      ...(findChromium() === undefined ? ['Chromium'] : []),
      ...(deep && findFirefox() === undefined ? ['Firefox'] : []),
    ];
    if (missing.length > 0) {
      const names = missing.join(' and ');
      console.log(`Installing ${names} for the tests: some 120 MB to download, one to three minutes …`);
    }
    const args = ['scripts/ensure-browser.mjs', ...(deep ? ['--firefox'] : [])];
    const { ok, output } = await runProcess(process.execPath, args, { timeoutMs: INSTALL_MS_MAX });
    if (ok) return { passed: 1, failed: 0, failures: [], output };
    const reason = output.split('\n').find((line) => line.startsWith('The browser tests need'));
    return { passed: 0, failed: 1, failures: [reason ?? 'the installation did not end in time'], output };
  },
};
