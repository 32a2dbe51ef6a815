/**
 * Bombs, as real jobs in a donor's tab beside another job: each is stopped by its time or at its cap, the page never
 * stalls, and the other job loses nothing.
 * @module
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { computeFor, isError } from 'manyhands';
import { BOMBS, type Bomb } from './bombs.js';
import { openChromium } from './rig/browsers.js';
import { openEscapeRig, type EscapeRig } from './rig/escape-rig.js';

const LIMIT_MS = 3_000;
/** A limit is kept within this. */
const SLACK_MS = 2_000;
const ATTEMPTS = 3;
const STALL_MS_MAX = 100;
const NEIGHBOURS = 150;
/** A slice that throws runs again elsewhere, while the first sandbox may still hold what it took. */
const SANDBOXES = 2;

let rig: EscapeRig;
beforeAll(async () => {
  rig = await openEscapeRig(() => openChromium());
}, 60_000);
afterAll(() => rig.close());

interface Blast {
  ended: string;
  ms: number;
  bytes: number;
}

async function explode({ source }: Bomb): Promise<Blast> {
  const before = await rig.browser.memory();
  let bytes = 0;
  let going = true;
  const watch = (async () => {
    while (going) bytes = Math.max(bytes, (await rig.browser.memory()) - before);
  })();
  const job = computeFor<unknown>([1], source);
  job.limits = { sliceTimeoutMs: LIMIT_MS };
  const startedMs = performance.now();
  const ended = await job.exec().then(
    () => 'a result',
    (error: unknown) => {
      if (!isError(error, 'SLICES_FAILED')) return String(error);
      const { error: cause } = error.info.failures[0]!;
      return (cause as { code?: string }).code ?? cause.name;
    },
  );
  going = false;
  await watch;
  return { ended, ms: performance.now() - startedMs, bytes };
}

describe('a bomb', () => {
  for (const bomb of BOMBS) {
    it(`is stopped: ${bomb.id}`, async () => {
      const neighbour = computeFor<number>(
        Array.from({ length: NEIGHBOURS }, (_, i) => i),
        '(x) => { const end = performance.now() + 20; while (performance.now() < end); return x * 2; }',
      ).exec();
      // What this machine does to a process that has nothing to do with the bomb is not held against the page.
      const machine = monitorEventLoopDelay({ resolution: 5 });
      machine.enable();
      await rig.browser.evaluate('hostilePage.longestStall()');
      const { ended, ms, bytes } = await explode(bomb);
      const stall = await rig.browser.evaluate<number>('hostilePage.longestStall()');
      expect([...(await neighbour)]).toEqual(Array.from({ length: NEIGHBOURS }, (_, i) => i * 2));
      expect(bomb.ends).toContain(ended);
      expect(ms).toBeLessThan(ATTEMPTS * (LIMIT_MS + SLACK_MS) + SLACK_MS);
      machine.disable();
      expect(stall).toBeLessThan(STALL_MS_MAX + machine.max / 1e6);
      if (bomb.bytesMax !== undefined) expect(bytes).toBeLessThan(SANDBOXES * bomb.bytesMax);
    });
  }
});
