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
import { createStarter } from './worktime-fixture.js';
import { memorySuite, wideMemorySuite } from './worktime-suite-memory.js';
import { worktimeSuites } from './worktime-suites.js';

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
const { start, end } = createStarter(() => host);

afterEach(end);
afterAll(() => host.close());

worktimeSuites('a headless browser', start, { extent: 'brief' });

describe('memory in a headless browser', () => {
  memorySuite(start);
  wideMemorySuite(start);
});

describe('a headless browser', () => {
  it('is killed in the middle of an endless loop, and each sandbox reports its end once', async () => {
    const sandbox = await start('() => { for (;;); }');
    sandbox.send([{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }], true);
    await sandbox.until((m) => m.type === 'begin');
    sandbox.kill();
    sandbox.kill();
    expect(await sandbox.exited()).toBe('The sandbox was killed.');
  });

  it('warns when Chromium runs without its own sandbox', () => {
    expect(warnings.some((text) => text.includes('root'))).toBe(process.getuid?.() === 0);
  });

  it('ends when its host is closed', async () => {
    const other = open();
    const sandbox = await createStarter(() => other).start('x => x');
    await other.close();
    expect(sandbox.exitReason).toBe('The worker was stopped.');
    await expect(createStarter(() => other).start('x => x')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
