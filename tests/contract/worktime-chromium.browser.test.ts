/**
 * The worktimes in a browser without a window that the worker started, and what is such a browser's own.
 * @module
 */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { findChromium } from '../../scripts/find-chromium.mjs';
import { systemClock } from '../../src/lib/clock.js';
import { systemRandom } from '../../src/lib/crypto/random.js';
import { chromiumHost } from '../../src/worker/hosts/chromium/chromium-host.js';
import { withAssets } from './worktime-assets.js';
import { starter } from './worktime-rig.js';
import { globalsSuite } from './worktime-suite-globals.js';
import { mapBasicSuite } from './worktime-suite-map-basic.js';
import { memorySuite } from './worktime-suite-memory.js';
import { pythonValuesSuite } from './worktime-suite-python-values.js';
import { restSuite } from './worktime-suite-rest.js';
import { signsSuite } from './worktime-suite-signs.js';

const warnings: string[] = [];
const open = () =>
  chromiumHost({
    clock: systemClock,
    random: systemRandom,
    env: { MANYHANDS_CHROMIUM: findChromium() },
    dist: new URL('../../dist/', import.meta.url),
    warn: (text) => warnings.push(text),
  });
const host = withAssets(open());
const { start, end } = starter(() => host);

afterEach(end);
afterAll(() => host.close());

describe('map-basic in a headless browser', () => {
  mapBasicSuite(start);
  globalsSuite(start);
  signsSuite(start);
  restSuite(start);
});

describe('memory in a headless browser', () => memorySuite(start));

describe('pyodide in a headless browser', () => {
  it('runs Python', async () => {
    const rig = await start({ worktime: 'pyodide', source: 'def f(x):\n    return x + 1\n' });
    expect(await rig.run([1, 2])).toEqual([2, 3]);
  });
  describe('values and errors', () => pythonValuesSuite(start, true));
});

describe('a headless browser', () => {
  it('is killed in the middle of an endless loop, and its sandboxes end once', async () => {
    const rig = await start('() => { for (;;); }');
    rig.send([{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }], true);
    await rig.until((m) => m.type === 'begin');
    rig.kill();
    rig.kill();
    expect(await rig.exited()).toBe('The sandbox was killed.');
  });

  it('says plainly when it gives up its own sandbox', () => {
    expect(warnings.some((text) => text.includes('root'))).toBe(process.getuid?.() === 0);
  });

  it('ends with its host', async () => {
    const other = open();
    const rig = await starter(() => other).start('x => x');
    await other.close();
    expect(rig.exitReason).toBe('The worker was stopped.');
    await expect(starter(() => other).start('x => x')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
