/**
 * The virtual clock: order of timers, settling of promises in between, and the ways to advance it.
 * @module
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { delay } from '../lib/clock.js';
import { VirtualClock } from './virtual-clock.js';

let clock: VirtualClock;
let log: string[];

beforeEach(() => {
  clock = new VirtualClock(1_000);
  log = [];
});

const note = (text: string) => (): void => void log.push(`${clock.monotonicMs()} ${text}`);

describe('the virtual clock', () => {
  it('runs timers by due time, then by order of creation, and does not advance without timers', async () => {
    clock.after(20, note('c'));
    clock.after(10, note('a'));
    clock.after(10, note('b'));
    clock.after(0, note('first'));
    await clock.run();
    expect(log).toEqual(['0 first', '10 a', '10 b', '20 c']);
    expect([clock.monotonicMs(), clock.wallMs()]).toEqual([20, 1_020]);
    await clock.run();
    expect(clock.monotonicMs()).toBe(20);
  });

  it('runs any set of timers in order, without the cancelled ones', async () => {
    const timers = fc.array(fc.record({ ms: fc.nat({ max: 50 }), cancelled: fc.boolean() }), {
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(timers, async (wanted) => {
        const own = new VirtualClock();
        const ran: number[] = [];
        const cancels = wanted.map(({ ms }, i) => own.after(ms, () => void ran.push(i)));
        wanted.forEach(({ cancelled }, i) => cancelled && cancels[i]!());
        await own.run();
        const expected = [...wanted.keys()].filter((i) => !wanted[i]!.cancelled);
        expected.sort((a, b) => wanted[a]!.ms - wanted[b]!.ms || a - b);
        expect(ran).toEqual(expected);
      }),
    );
  });

  it('lets all promises settle before it runs the next timer', async () => {
    clock.after(10, () => {
      void (async () => {
        for (let i = 0; i < 50; i++) await Promise.resolve();
        note('settled')();
        await delay(clock, 5);
        note('later')();
      })();
    });
    clock.after(10, note('next'));
    clock.after(15, note('same time'));
    await clock.run();
    expect(log).toEqual(['10 settled', '10 next', '15 same time', '15 later']);
  });

  it('advances by the given time and runs the timers that are due', async () => {
    clock.after(10, note('a'));
    clock.after(11, note('b'));
    await clock.advance(10);
    expect(log).toEqual(['10 a']);
    await clock.advance(0.5);
    expect(clock.monotonicMs()).toBe(10.5);
    await clock.advance(0.5);
    expect(log).toEqual(['10 a', '11 b']);
  });

  it('runs background timers while other timers are pending, and does not advance for them alone', async () => {
    const tick = (): void => {
      note('tick')();
      clock.after(10, tick, { background: true });
    };
    clock.after(10, tick, { background: true });
    clock.after(25, note('work'));
    await clock.run();
    expect(log).toEqual(['10 tick', '20 tick', '25 work']);
    await clock.advance(5);
    expect(log.at(-1)).toBe('30 tick');
  });

  it('runs until a condition holds or a promise settles', async () => {
    let count = 0;
    const tick = (): void => {
      count++;
      clock.after(10, tick);
    };
    tick();
    await clock.runUntil(() => count === 4);
    expect(clock.monotonicMs()).toBe(30);
    expect(await clock.runUntil(delay(clock, 5).then(() => 'done'))).toBe('done');
    await expect(clock.runUntil(Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('throws when the awaited condition cannot come true any more', async () => {
    await expect(clock.runUntil(() => false)).rejects.toThrow(/no timer is left/);
    const tick = (): void => void clock.after(10, tick);
    tick();
    await expect(clock.runUntil(() => false, { maxMs: 100 })).rejects.toThrow(/within 100 ms/);
    await expect(clock.run({ maxTimers: 5 })).rejects.toThrow(/after 5 timers/);
  });

  it('does not advance while a real operation is in progress', async () => {
    let release!: () => void;
    const outside = new Promise<void>((resolve) => (release = resolve));
    void clock.holdDuring(outside).then(note('outside'));
    clock.after(10, note('timer'));
    const running = clock.run();
    setImmediate(() => setImmediate(release));
    await running;
    expect(log).toEqual(['0 outside', '10 timer']);
  });

  it('shifts wall time without a change of monotonic time', async () => {
    clock.shiftWall(-500);
    await clock.advance(10);
    expect([clock.monotonicMs(), clock.wallMs()]).toEqual([10, 510]);
  });

  it('ignores a second cancel, and a cancel after the timer has run', async () => {
    const cancel = clock.after(10, note('a'));
    const other = clock.after(10, note('b'));
    cancel();
    cancel();
    await clock.run();
    other();
    clock.after(5, note('c'));
    await clock.run();
    expect(log).toEqual(['10 b', '15 c']);
  });
});
