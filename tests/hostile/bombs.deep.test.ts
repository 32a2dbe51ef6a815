/**
 * Bombs, each first seen to go off without defence, then as real jobs in a donor's tab beside another job: each is
 * stopped by its time or at its cap, the page never stalls, and the other job loses nothing.
 * @module
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { computeFor, isError } from 'manyhands';
import { BOMBS, LATE, type Bomb } from './bombs.js';
import { goesOff } from './rig/bomb-controls.js';
import { openChromium } from './rig/browsers.js';
import { openEscapeRig, type EscapeRig } from './rig/escape-rig.js';

const LIMIT_MS = 3_000;
/** A limit is kept within this, for each attempt. */
const SLACK_MS = 2_000;
const ATTEMPTS = 3;
const STALL_MS_MAX = 100;
const NEIGHBOURS = 150;
/** A slice that throws runs again elsewhere, while the first sandbox may still hold what it took up to its own cap. */
const SANDBOXES_AT_ONCE = 2;
const MIB = 2 ** 20;
/** How a slice ends that did not end by itself. */
const CUT = ['SLICE_TIMEOUT', 'SANDBOX_CRASHED', 'NO_PROGRESS'];

interface Blast {
  ended: string;
  /** From the job's deployment to its end, all attempts together. */
  ms: number;
  /** The longest life of a sandbox that was ended for it. */
  attemptMs: number;
  /** What the browser grew by, in the first attempt and in all. */
  firstBytes: number;
  bytes: number;
}

/** Measures its turns as the donor's page does. */
const BYSTANDER = `(() => {
  let last = performance.now();
  window.longest = 0;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    setTimeout(() => port2.postMessage(0), 4);
  };
  port2.postMessage(0);
})()`;

describe('without defence', () => {
  for (const bomb of BOMBS) {
    it(`it goes off: ${bomb.id}`, async () => {
      expect(await goesOff(bomb, LIMIT_MS)).toBe(true);
    });
  }
});

describe('a bomb', () => {
  let rig: EscapeRig;
  const table: string[] = [];
  /** A page that has nothing to do with the worker, in a process of its own. */
  let bystander: <T>(code: string) => Promise<T>;
  beforeAll(async () => {
    rig = await openEscapeRig(() => openChromium());
    bystander = await rig.browser.beside('data:text/html,<!doctype html><title>Bystander</title>');
    await bystander(BYSTANDER);
  }, 60_000);
  afterAll(async () => {
    await rig.close();
    process.stdout.write(`${table.join('\n')}\n`);
  });

  async function explode({ source }: Bomb): Promise<Blast> {
    const before = await rig.browser.memory();
    const job = computeFor<unknown>([1], source);
    job.limits = { sliceTimeoutMs: LIMIT_MS };
    let [bytes, firstBytes] = [0, 0];
    let going = true;
    const watch = (async () => {
      while (going) {
        const now = (await rig.browser.memory()) - before;
        bytes = Math.max(bytes, now);
        const tried = job.id !== undefined && (await asked<boolean>('isTriedOnce', job.id));
        if (!tried) firstBytes = Math.max(firstBytes, now);
      }
    })();
    const startedMs = performance.now();
    const ended = await job.exec().then(
      () => 'a result',
      (error: unknown) => {
        if (!isError(error, 'SLICES_FAILED')) return String(error);
        const { error: cause } = error.info.failures[0]!;
        return (cause as { code?: string }).code ?? cause.name;
      },
    );
    const ms = performance.now() - startedMs;
    going = false;
    await watch;
    const attemptMs = Math.max(0, ...(await asked<number[]>('ended', job.id)));
    return { ended, ms, attemptMs, firstBytes, bytes };
  }

  const asked = <T>(what: 'ended' | 'isTriedOnce', jobId: string): Promise<T> =>
    rig.browser.evaluate<T>(`hostilePage.${what}(${JSON.stringify(jobId)})`);

  for (const bomb of BOMBS) {
    it(`is stopped: ${bomb.id}`, async () => {
      const neighbour = computeFor<number>(
        Array.from({ length: NEIGHBOURS }, (_, i) => i),
        '(x) => { const end = performance.now() + 20; while (performance.now() < end); return x * 2; }',
      ).exec();
      // What this machine does to processes that have nothing to do with the bomb is not held against the page.
      const machine = monitorEventLoopDelay({ resolution: 5 });
      machine.enable();
      await bystander('longest = 0');
      await rig.browser.evaluate('hostilePage.longestStall()');
      const { ended, ms, attemptMs, firstBytes, bytes } = await explode(bomb);
      const stall = await rig.browser.evaluate<number>('hostilePage.longestStall()');
      const results = [...(await neighbour)];
      machine.disable();
      const late = Math.max(machine.max / 1e6, await bystander<number>('longest'));
      const cap = bomb.bytesMax === undefined ? 'none' : `${bomb.bytesMax / MIB} MiB`;
      table.push(
        `${bomb.id}: ${ended} after ${ms.toFixed(0)} ms (an attempt ${attemptMs.toFixed(0)} ms); ` +
          `${(firstBytes / MIB).toFixed(0)} MiB, all attempts ${(bytes / MIB).toFixed(0)} MiB, may be ${cap}; ` +
          `stall ${stall.toFixed(0)} ms (machine ${late.toFixed(0)} ms)`,
      );
      expect(results).toEqual(Array.from({ length: NEIGHBOURS }, (_, i) => i * 2));
      expect(bomb.ends).toContain(ended);
      // A sandbox whose slice threw lives on, and ends when it is wanted no more.
      if (CUT.includes(ended) && !LATE.includes(bomb.id))
        expect(attemptMs).toBeLessThan(LIMIT_MS + SLACK_MS + late);
      expect(ms).toBeLessThan(ATTEMPTS * (LIMIT_MS + SLACK_MS) + SLACK_MS + late);
      expect(stall).toBeLessThan(STALL_MS_MAX + late);
      if (bomb.bytesMax === undefined) return;
      expect(firstBytes).toBeLessThan(bomb.bytesMax);
      expect(bytes).toBeLessThan(SANDBOXES_AT_ONCE * bomb.bytesMax);
    });
  }
});
