/**
 * What every sandbox does between slices: nothing, whatever the slices before left behind.
 * @module
 */
import { expect, it } from 'vitest';
import { delay, systemClock } from '../../src/lib/clock.js';
import type { SandboxRig, StartSandbox } from './worktime-rig.js';

/**
 * What goes round for ever by each way that a job has to come back later. A slice tells how often it did in the time that
 * begins a little after the slice before: by then the word to rest has come, whatever way it takes.
 */
const RESTLESS = `async (what) => {
  const count = (name) => { const ms = performance.now() - globalThis.since; if (ms > 200 && ms < 600) turns[name]++; };
  const turns = (globalThis.turns ??= { timer: 0, port: 0, digest: 0 });
  if (what === 'begin') {
    setInterval(() => count('timer'), 1);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { count('port'); port2.postMessage(0); };
    port2.postMessage(0);
    const loop = async (name, wait) => { for (;;) { await wait(); count(name); } };
    void loop('digest', () => crypto.subtle.digest('SHA-256', new Uint8Array(1)));
  }
  const counted = Object.values(turns).reduce((sum, n) => sum + n, 0);
  for (const name of Object.keys(turns)) turns[name] = 0;
  globalThis.since = performance.now();
  return counted;
}`;

/** What job code may do to the realm to keep its thread from standing still. */
const HOSTILE: Record<string, string> = {
  numbers: 'Math.min = () => 0; Math.max = () => NaN;',
  'the global promise': 'globalThis.Promise = class { then() {} };',
  'what promises inherit':
    'const wait = () => new Promise(() => {}); Promise.prototype.constructor = class { then() {} }; Promise.prototype.then = wait;',
  'what arrays inherit': 'for (const name of ["push", "shift"]) Array.prototype[name] = () => undefined;',
  'what objects inherit': 'Object.prototype.address = "none";',
};

/** Takes the whole thread by a timer, spoils the realm once its slice is over, and tells how long it took since. */
const GREEDY = `(code) => {
  const clock = performance.now.bind(performance);
  const took = globalThis.took ?? 0;
  globalThis.took = 0;
  if (code === '') return took;
  setInterval(() => {
    const until = clock() + 20;
    while (clock() < until);
    globalThis.took += 20;
  }, 1);
  setTimeout(() => (0, eval)(code), 0);
  return took;
}`;

const WHILE_MS = 650;
/** Of what it could have while it rests. */
const GREEDY_MS_MAX = WHILE_MS / 2;
/** By then the realm is as job code wants it. */
const SPOILED_MS = 100;
const UNANSWERED_MS = 2_000;

export function restSuite(start: StartSandbox): void {
  const over = async (rig: SandboxRig): Promise<number> => {
    await delay(systemClock, WHILE_MS);
    return (await rig.one('count')) as number;
  };

  it('lets nothing run while it rests, and goes on when it is fed', async () => {
    const rig = await start(RESTLESS);
    await rig.one('begin');
    const free = await over(rig);
    await rig.rest();
    const resting = await over(rig);
    expect(free).toBeGreaterThan(100);
    expect(resting).toBeLessThan(free / 10);
    expect(await over(rig)).toBeGreaterThan(resting);
  });

  it('stands still when it says so, whatever job code did to its realm', async () => {
    // One that says nothing is ended by its supervisor.
    const silence = (): Promise<undefined> => delay(systemClock, UNANSWERED_MS).then(() => undefined);
    const greedyMs = async (code: string): Promise<number> => {
      const rig = await start(GREEDY);
      await rig.one(code);
      const begunMs = systemClock.monotonicMs();
      await delay(systemClock, SPOILED_MS);
      if ((await Promise.race([rig.rest().then(() => true), silence()])) === undefined) return 0;
      const freeMs = systemClock.monotonicMs() - begunMs;
      await delay(systemClock, WHILE_MS);
      const took = await Promise.race([rig.one(''), silence()]);
      return took === undefined ? 0 : (took as number) - freeMs;
    };
    const codes = Object.entries(HOSTILE);
    const tooGreedy: string[] = [];
    await Promise.all(
      codes.map(async ([what, code]) => {
        const ms = await greedyMs(code);
        if (ms > GREEDY_MS_MAX) tooGreedy.push(`${what}: ${ms} ms`);
      }),
    );
    expect(tooGreedy).toEqual([]);
  });

  it('answers again while it rests, and can be killed', async () => {
    const rig = await start('x => x + 1');
    await rig.rest();
    await rig.rest();
    expect(await rig.run([1, 2])).toEqual([2, 3]);
    await rig.rest();
    expect(await rig.runBlob(3)).toEqual([4]);
    await rig.rest();
    rig.kill();
    expect(await rig.exited()).toContain('killed');
  });
}
