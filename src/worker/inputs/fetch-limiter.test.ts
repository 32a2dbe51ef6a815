import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { FetchLimiter } from './fetch-limiter.js';

const SITE = 'https://a.example';
const never = (): AbortSignal => new AbortController().signal;
let clock: VirtualClock;
let limiter: FetchLimiter;
beforeEach(() => {
  clock = new VirtualClock();
  limiter = new FetchLimiter(clock);
});

/** Of `count` fetches, the release functions of those that may start at once. */
async function enterAll(count: number, origin: string, jobId: string): Promise<(() => void)[]> {
  const inFlight: (() => void)[] = [];
  for (let i = 0; i < count; i++)
    limiter.acquire(origin, jobId, never()).then(
      (release) => inFlight.push(release),
      () => undefined,
    );
  await clock.advance(0);
  return inFlight;
}

/** The error code of a rejected promise. */
const codeOf = (entering: Promise<unknown>): Promise<unknown> =>
  entering.then(
    () => 'entered',
    (error: unknown) => (isError(error) ? error.code : error),
  );

describe('the rate of fetches from one origin', () => {
  it('is ten a second after a burst of twenty, and does not delay another origin', async () => {
    const times: number[] = [];
    const all = Array.from({ length: 45 }, async () => {
      const release = await limiter.acquire(SITE, 'a', never());
      times.push(clock.monotonicMs());
      release();
    });
    await clock.advance(0);
    expect(times).toHaveLength(20);
    const release = await limiter.acquire('https://b.example', 'a', never());
    expect(clock.monotonicMs()).toBe(0);
    release();
    await clock.advance(1_000);
    expect(times).toHaveLength(30);
    await clock.run();
    await Promise.all(all);
    expect(times.at(-1)).toBe(2_500);
    await clock.advance(500);
    const later = (
      await Promise.all(
        Array.from({ length: 5 }, () => limiter.acquire(SITE, 'b', never()).then((out) => out())),
      )
    ).length;
    expect([later, clock.monotonicMs()]).toEqual([5, 3_000]);
  });

  it('a wait ends when its signal aborts, and no listener stays on the signal', async () => {
    for (let i = 0; i < 20; i++) (await limiter.acquire(SITE, 'a', never()))();
    const ending = new AbortController();
    const waits = codeOf(limiter.acquire(SITE, 'a', ending.signal));
    const other = limiter.acquire(SITE, 'a', never());
    expect(getEventListeners(ending.signal, 'abort')).toHaveLength(1);
    ending.abort('enough');
    expect(await waits).toBe('enough');
    expect(getEventListeners(ending.signal, 'abort')).toHaveLength(0);
    await clock.run();
    await other;
    // An aborted wait uses up no place.
    expect(clock.monotonicMs()).toBe(100);
    const kept = new AbortController();
    const entering = limiter.acquire(SITE, 'a', kept.signal);
    await clock.run();
    (await entering)();
    expect(getEventListeners(kept.signal, 'abort')).toHaveLength(0);
  });
});

describe('a blocked origin', () => {
  it('gets no fetch until the block ends, while other origins do', async () => {
    const inFlight = await enterAll(4, SITE, 'a');
    const waits = codeOf(limiter.acquire(SITE, 'a', never()));
    expect(isError(limiter.block(SITE, 5_000), 'CONNECT_FAILED')).toBe(true);
    // A shorter block does not end it.
    limiter.block(SITE, 1_000);
    expect(await waits).toBe('CONNECT_FAILED');
    inFlight.forEach((release) => release());
    await clock.advance(4_999);
    expect(await codeOf(limiter.acquire(SITE, 'b', never()))).toBe('CONNECT_FAILED');
    expect(await codeOf(limiter.acquire('https://b.example', 'b', never()))).toBe('entered');
    await clock.advance(1);
    expect(await codeOf(limiter.acquire(SITE, 'b', never()))).toBe('entered');
  });
});

describe('fetches in flight', () => {
  it('are at most six for one origin, whatever the job', async () => {
    const all = [await enterAll(9, SITE, 'a'), await enterAll(9, SITE, 'b'), await enterAll(9, SITE, 'c')];
    expect(all.map((inFlight) => inFlight.length)).toEqual([4, 2, 0]);
  });

  it('of one job are at most half of what others leave free, so that a slow job delays nobody', async () => {
    const inFlight = [];
    for (const jobId of ['a', 'b', 'c', 'd', 'e'])
      inFlight.push(await enterAll(9, `https://${jobId}.example`, jobId));
    expect(inFlight.map((of) => of.length)).toEqual([4, 2, 1, 1, 0]);
    inFlight[0]![0]!();
    // A second release has no effect.
    inFlight[0]![0]!();
    await clock.advance(0);
    expect(inFlight.map((of) => of.length)).toEqual([4, 2, 1, 1, 1]);
  });
});
