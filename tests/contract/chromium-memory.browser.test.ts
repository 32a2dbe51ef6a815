/**
 * The memory limit of a browser that the worker started: when the process of its frames is ended, the sandboxes in it end at
 * once, and others start in another process without waiting.
 * @module
 */
import { afterAll, afterEach, expect, it } from 'vitest';
import { findChromium } from '../../scripts/find-chromium.mjs';
import { systemClock } from '../../src/lib/clock.js';
import { systemRandom } from '../../src/lib/crypto/random.js';
import { chromiumHost } from '../../src/worker/hosts/chromium/chromium-host.js';
import { createStarter, SandboxFixture } from './worktime-fixture.js';

/** The process of the frames takes up to 300 MiB without any job. */
const MEMORY_MIB = 800;
/** A frame that does not load is given up after 15 s, milliseconds. */
const START_MS_MAX = 8_000;
const HOARD =
  '() => { const all = []; for (;;) { const one = new Uint8Array(2 ** 24); for (let i = 0; i < one.length; i += 4096) one[i] = 1; all.push(one); } }';
const ONE = [{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }] as const;

const host = chromiumHost({
  clock: systemClock,
  random: systemRandom,
  env: { MANYHANDS_CHROMIUM: findChromium() },
  dist: new URL('../../dist/', import.meta.url),
  memoryMiB: MEMORY_MIB,
  warn: () => undefined,
});
const { start, end } = createStarter(() => host);

afterEach(end);
afterAll(() => host.close());

it('a sandbox ends when the process of its frame is ended, not when its frame misses a call', async () => {
  const sandbox = await start(HOARD);
  sandbox.send([...ONE], true);
  expect(await sandbox.exited()).toMatch(/^The process of the sandbox frame ended/);
});

it('sandboxes that start while the process of the frames is ended start in another', async () => {
  const hoard = await start(HOARD);
  hoard.send([...ONE], true);
  let slowestMs = 0;
  for (let i = 0; hoard.exitReason === undefined; i++) {
    const beganMs = performance.now();
    const one = await SandboxFixture.open(host, `owner ${i}`);
    slowestMs = Math.max(slowestMs, performance.now() - beganMs);
    one.kill();
  }
  expect(slowestMs).toBeLessThan(START_MS_MAX);
  expect(await (await start('(x) => x * 2')).one(21)).toBe(42);
});
