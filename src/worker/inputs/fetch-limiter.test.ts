import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { FetchGate } from './fetch-limiter.js';

const SITE = 'https://a.example';
const never = (): AbortSignal => new AbortController().signal;
let clock: VirtualClock;
let gate: FetchGate;
beforeEach(() => {
  clock = new VirtualClock();
  gate = new FetchGate(clock);
});

/** Those of so many that are let in at once, with what lets them out. */
async function enterAll(count: number, origin: string, jobId: string): Promise<(() => void)[]> {
  const inside: (() => void)[] = [];
  for (let i = 0; i < count; i++)
    gate.enter(origin, jobId, never()).then(
      (leave) => inside.push(leave),
      () => undefined,
    );
  await clock.advance(0);
  return inside;
}

/** The code of what it fails with. */
const codeOf = (entering: Promise<unknown>): Promise<unknown> =>
  entering.then(
    () => 'entered',
    (error: unknown) => (isError(error) ? error.code : error),
  );

describe('how often one origin is asked', () => {
  it('is ten times a second after a burst of twenty, and another origin is not held up', async () => {
    const times: number[] = [];
    const all = Array.from({ length: 45 }, async () => {
      const leave = await gate.enter(SITE, 'a', never());
      times.push(clock.monotonicMs());
      leave();
    });
    await clock.advance(0);
    expect(times).toHaveLength(20);
    const leave = await gate.enter('https://b.example', 'a', never());
    expect(clock.monotonicMs()).toBe(0);
    leave();
    await clock.advance(1_000);
    expect(times).toHaveLength(30);
    await clock.run();
    await Promise.all(all);
    expect(times.at(-1)).toBe(2_500);
    await clock.advance(500);
    const later = (
      await Promise.all(Array.from({ length: 5 }, () => gate.enter(SITE, 'b', never()).then((out) => out())))
    ).length;
    expect([later, clock.monotonicMs()]).toEqual([5, 3_000]);
  });

  it('is waited for no longer than anybody wants it, and nothing is left on the signal', async () => {
    for (let i = 0; i < 20; i++) (await gate.enter(SITE, 'a', never()))();
    const ending = new AbortController();
    const waits = codeOf(gate.enter(SITE, 'a', ending.signal));
    const other = gate.enter(SITE, 'a', never());
    expect(getEventListeners(ending.signal, 'abort')).toHaveLength(1);
    ending.abort('enough');
    expect(await waits).toBe('enough');
    expect(getEventListeners(ending.signal, 'abort')).toHaveLength(0);
    await clock.run();
    await other;
    // Whoever went away took no turn from those behind.
    expect(clock.monotonicMs()).toBe(100);
    const kept = new AbortController();
    const entering = gate.enter(SITE, 'a', kept.signal);
    await clock.run();
    (await entering)();
    expect(getEventListeners(kept.signal, 'abort')).toHaveLength(0);
  });
});

describe('an origin that is closed', () => {
  it('is entered by nobody until its time is over; others are', async () => {
    const inside = await enterAll(4, SITE, 'a');
    const waits = codeOf(gate.enter(SITE, 'a', never()));
    expect(isError(gate.close(SITE, 5_000), 'CONNECT_FAILED')).toBe(true);
    // A shorter word does not open it.
    gate.close(SITE, 1_000);
    expect(await waits).toBe('CONNECT_FAILED');
    inside.forEach((leave) => leave());
    await clock.advance(4_999);
    expect(await codeOf(gate.enter(SITE, 'b', never()))).toBe('CONNECT_FAILED');
    expect(await codeOf(gate.enter('https://b.example', 'b', never()))).toBe('entered');
    await clock.advance(1);
    expect(await codeOf(gate.enter(SITE, 'b', never()))).toBe('entered');
  });
});

describe('places', () => {
  it('are six at most for one origin, whoever asks', async () => {
    const all = [await enterAll(9, SITE, 'a'), await enterAll(9, SITE, 'b'), await enterAll(9, SITE, 'c')];
    expect(all.map((inside) => inside.length)).toEqual([4, 2, 0]);
  });

  it('are at most half of those that others leave, so that a slow job holds nobody up', async () => {
    const inside = [];
    for (const jobId of ['a', 'b', 'c', 'd', 'e'])
      inside.push(await enterAll(9, `https://${jobId}.example`, jobId));
    expect(inside.map((of) => of.length)).toEqual([4, 2, 1, 1, 0]);
    inside[0]![0]!();
    // Twice is once.
    inside[0]![0]!();
    await clock.advance(0);
    expect(inside.map((of) => of.length)).toEqual([4, 2, 1, 1, 1]);
  });
});
