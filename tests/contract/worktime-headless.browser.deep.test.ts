/**
 * All of Python's contract in both kinds of headless sandbox; each start of an interpreter takes seconds there.
 * @module
 */
import { afterAll, afterEach, describe } from 'vitest';
import { findChromium } from '../../scripts/find-chromium.mjs';
import { systemClock } from '../../src/lib/clock.js';
import { systemRandom } from '../../src/lib/crypto/random.js';
import { chromiumHost } from '../../src/worker/hosts/chromium/chromium-host.js';
import { denoHost } from '../../src/worker/hosts/deno/deno-host.js';
import { withAssets } from './worktime-assets.js';
import { createStarter } from './worktime-fixture.js';
import { pyodideSuite } from './worktime-suite-pyodide.js';

const DIST = new URL('../../dist/', import.meta.url);
const clock = systemClock;

describe.each([
  ['Deno', () => denoHost({ clock, env: process.env, scripts: new URL('sandbox/', DIST) })],
  [
    'a headless browser',
    () => {
      const env = { MANYHANDS_CHROMIUM: findChromium() };
      return chromiumHost({ clock, random: systemRandom, env, dist: DIST, warn: () => undefined });
    },
  ],
])('pyodide in %s', (_name, make) => {
  const host = withAssets(make());
  const { start, end } = createStarter(() => host);
  afterEach(end);
  afterAll(() => host.close());
  pyodideSuite(start);
});
