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

const WHILE_MS = 650;

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
