import { describe, expect, it } from 'vitest';
import { atWork, of, stand, types } from '../../testing/worker/core-stand.js';
import type { Effect } from './events.js';

describe('a sandbox that dies', () => {
  it('costs nobody anything: its slices run again, one by one', () => {
    const { world } = atWork(100, { sliceMs: 1 });
    world.outcomes(1, 1, 4, false);
    const effects = world.do({ type: 'sandbox-exit', slot: 0, gen: 1, message: 'gone' });
    expect(of(effects, 'report')).toEqual([]);
    expect(of(world.ready(2), 'feed')).toMatchObject([{ first: 5, count: 1, each: true }]);
  });

  it('again while one known slice runs: that slice is lost, and the lease goes on behind it with batches', () => {
    const { world } = atWork(100, { sliceMs: 1 });
    world.do({ type: 'sandbox-exit', slot: 0, gen: 1, message: 'gone' });
    const [careful] = of(world.ready(2), 'feed');
    const next = of(world.outcomes(careful!.batch, 1, 1, true), 'feed');
    expect(next).toMatchObject([{ first: 2, count: 1, each: true }]);
    const effects = world.do({ type: 'sandbox-exit', slot: 0, gen: 2, message: 'gone again' });
    expect(of(effects, 'report')).toMatchObject([
      { first: 2, count: 0, lost: { code: 'SANDBOX_CRASHED', message: 'gone again' } },
    ]);
    expect(of(world.ready(3), 'feed')[0]).toMatchObject({ first: 3, each: false });
  });

  it('with one slice in it runs that slice again: a death may be a neighbour’s', () => {
    const { world } = atWork(5);
    const effects = world.do({ type: 'sandbox-exit', slot: 0, gen: 1, message: 'gone' });
    expect(of(effects, 'report')).toEqual([]);
    expect(of(world.ready(2), 'feed')).toMatchObject([{ first: 1, count: 1, each: true }]);
  });

  it('is not heard any more, even when there is another in its place', () => {
    const { world } = atWork(5);
    world.do({ type: 'sandbox-exit', slot: 0, gen: 1, message: 'gone' });
    const [again] = of(world.ready(2), 'feed');
    expect(world.outcomes(again!.batch, 1, 1, true, 1)).toEqual([]);
    expect(world.do({ type: 'sandbox-exit', slot: 0, gen: 1, message: 'gone' })).toEqual([]);
  });

  it('is trusted with batches again after enough careful slices', () => {
    const { world } = atWork(100, { sliceMs: 1 }, { carefulSlices: 2 });
    world.do({ type: 'sandbox-exit', slot: 0, gen: 1, message: 'gone' });
    const [one] = of(world.ready(2), 'feed');
    const [two] = of(world.outcomes(one!.batch, 1, 1, true), 'feed');
    expect(two!.each).toBe(true);
    expect(of(world.outcomes(two!.batch, 2, 1, true), 'feed')[0]!.each).toBe(false);
  });

  it('with nothing to run is simply not there any more', () => {
    const { world } = atWork(1);
    world.outcomes(1, 1, 1, true);
    const effects = world.do({ type: 'sandbox-exit', slot: 0, gen: 1, message: 'gone' });
    expect(types(effects)).toEqual(['kill-sandbox', 'trouble', 'want']);
    expect(of(effects, 'want')[0]!.warm).toBeUndefined();
  });
});

describe('time', () => {
  it('ends a slice that takes longer than its job allows; alone in its batch, it is the culprit at once', () => {
    const { world } = atWork(2, { sliceMs: 300 });
    world.nowMs = 450;
    world.do({ type: 'progress', slot: 0, gen: 1, sliceNumber: 1 });
    world.nowMs = 900;
    world.do({ type: 'progress', slot: 0, gen: 1, sliceNumber: 1 });
    world.nowMs = 1_201;
    const effects = world.do({ type: 'tick' });
    expect(of(effects, 'report')[0]).toMatchObject({ first: 1, count: 0, lost: { code: 'SLICE_TIMEOUT' } });
    expect(types(effects)).toContain('kill-sandbox');
  });

  it('ends a slice that gives no sign', () => {
    const { world } = atWork(2, { sliceMs: 300 });
    world.nowMs = 701;
    expect(of(world.do({ type: 'tick' }), 'report')[0]).toMatchObject({ lost: { code: 'NO_PROGRESS' } });
  });

  it('begins the time of a slice anew when it says that it begins, once', () => {
    const { world } = atWork(100, { sliceMs: 1 });
    world.nowMs = 400;
    expect(types(world.do({ type: 'begin', slot: 0, gen: 1, sliceNumber: 5 }))).toEqual(['began']);
    world.nowMs = 800;
    expect(world.do({ type: 'begin', slot: 0, gen: 1, sliceNumber: 5 })).toEqual([]);
    expect(world.do({ type: 'begin', slot: 0, gen: 1, sliceNumber: 50 })).toEqual([]);
    expect(types(world.do({ type: 'tick' }))).not.toContain('kill-sandbox');
    world.nowMs = 1_101;
    expect(types(world.do({ type: 'tick' }))).toContain('kill-sandbox');
  });

  it('does not hold the time against a slice in which the machine slept', () => {
    const { world } = atWork(2, { sliceMs: 300 });
    world.do({ type: 'tick' });
    world.nowMs = 3_600_000;
    expect(types(world.do({ type: 'tick' }))).not.toContain('kill-sandbox');
    world.nowMs += 400;
    world.do({ type: 'tick' });
    world.nowMs += 400;
    expect(types(world.do({ type: 'tick' }))).toContain('kill-sandbox');
  });

  it('renews leases before they run out', () => {
    const { world } = atWork(2, { sliceMs: 300 }, {});
    world.state.slots[0]!.fed.length = 0;
    world.nowMs = 19_999;
    expect(of(world.do({ type: 'tick' }), 'renew')).toEqual([]);
    world.nowMs = 20_000;
    expect(of(world.do({ type: 'tick' }), 'renew')).toEqual([{ type: 'renew', leaseIds: ['L1'] }]);
    world.nowMs = 39_999;
    expect(of(world.do({ type: 'tick' }), 'renew')).toEqual([]);
  });
});

describe('leases that go', () => {
  it('a recall gives back the half of what has not been fed', () => {
    const { world, fed } = atWork(100, { sliceMs: 1 });
    const fedTo = fed.at(-1)!.first + fed.at(-1)!.count;
    const from = 101 - Math.ceil((101 - fedTo) / 2);
    expect(of(world.do({ type: 'recall', leaseId: 'L1', isWarm: false }), 'return')).toMatchObject([
      { leaseId: 'L1', from },
    ]);
  });

  it('a recall of what is all in the sandbox is not answered', () => {
    const { world } = atWork(1);
    expect(world.do({ type: 'recall', leaseId: 'L1', isWarm: false })).toEqual([]);
  });

  it('a recall leaves the slice that a sandbox starts for, unless one that waits is ready for it and this is not', () => {
    for (const isWarm of [false, true]) {
      const world = stand();
      world.do({ type: 'online' });
      world.grant(1, 1, 1);
      const effects = world.do({ type: 'recall', leaseId: 'L1', isWarm });
      expect(of(effects, 'return')).toEqual(isWarm ? [expect.objectContaining({ from: 1 })] : []);
    }
    const { world } = atWork(1, { sliceMs: 300 });
    world.grant(2, 101, 1, { sliceMs: 300 });
    const behind = world.do({ type: 'recall', leaseId: 'L101', isWarm: false });
    expect(of(behind, 'return')).toMatchObject([{ leaseId: 'L101', from: 101 }]);
  });

  it('a recall takes back what is in the sandbox, between two slices, where slices got slow', () => {
    const { world, fed } = atWork(20, { sliceMs: 0.1 });
    expect(fed.at(-1)).toMatchObject({ first: 1, count: 20 });
    expect(world.do({ type: 'recall', leaseId: 'L1', isWarm: false })).toEqual([]);
    world.nowMs = 50;
    expect(types(world.outcomes(1, 1, 1, false))).toEqual(['report']);
    world.nowMs = 10_050;
    const effects = world.outcomes(1, 2, 1, false);
    expect(types(effects)).toEqual(['report', 'kill-sandbox', 'return', 'open-sandbox']);
    expect(of(effects, 'return')).toMatchObject([{ from: 12 }]);
    expect(of(world.ready(2), 'feed')).toMatchObject([{ first: 3, count: 1, each: false }]);
  });

  it('a recall leaves what is in a sandbox that was dear to set up, until it is worth four times as much', () => {
    const slowAfter = (setupMs: number, sliceMs: number): string[] => {
      const world = stand();
      world.do({ type: 'online' });
      world.grant(1, 1, 20, { sliceMs: 0.1 });
      world.nowMs = setupMs;
      expect(of(world.ready(1), 'feed')).toMatchObject([{ first: 1, count: 20 }]);
      world.do({ type: 'recall', leaseId: 'L1', isWarm: false });
      world.nowMs += sliceMs;
      return types(world.outcomes(1, 1, 1, false));
    };
    // 18 slices that take as long as the last one are left to it.
    expect(slowAfter(0, 2_000)).toContain('kill-sandbox');
    expect(slowAfter(60_000, 10_000)).not.toContain('kill-sandbox');
    expect(slowAfter(60_000, 20_000)).toContain('kill-sandbox');
  });

  it('nobody waits: then slices that got slow stay where they are', () => {
    const { world } = atWork(20, { sliceMs: 0.1 });
    world.nowMs = 10_000;
    expect(types(world.outcomes(1, 1, 1, false))).toEqual(['report']);
  });

  it('a revoked lease at work takes its sandbox with it; one to come does not', () => {
    const { world } = atWork(2, { sliceMs: 200 });
    world.grant(2, 101, 2, { sliceMs: 200 });
    expect(types(world.do({ type: 'lost', leaseId: 'L101' }))).toEqual(['lease-over', 'want']);
    expect(types(world.do({ type: 'lost', leaseId: 'L1' }))).toContain('kill-sandbox');
  });

  it('a report that the scheduler does not take ends the lease', () => {
    const { world } = atWork(10, { sliceMs: 1 });
    world.outcomes(1, 1, 5, true);
    const effects = world.do({ type: 'report-failed', report: 1, lost: true });
    expect(types(effects).slice(0, 2)).toEqual(['kill-sandbox', 'lease-over']);
  });

  it('a report that failed otherwise hands the lease back from there', () => {
    const { world } = atWork(10, { sliceMs: 1 });
    world.outcomes(1, 1, 5, true);
    const effects = world.do({ type: 'report-failed', report: 1, lost: false });
    expect(of(effects, 'return')).toMatchObject([{ leaseId: 'L1', from: 1 }]);
  });
});

describe('a sandbox that cannot be set up', () => {
  it('by the job: its next slice is lost, the rest goes back', () => {
    const world = stand();
    world.do({ type: 'online' });
    world.grant(1, 1, 10);
    const effects = world.do({
      type: 'sandbox-failed',
      slot: 0,
      gen: 1,
      fault: 'job',
      message: 'SyntaxError',
    });
    expect(of(effects, 'report')).toMatchObject([{ first: 1, count: 0, lost: { code: 'ASSIGN_FAILED' } }]);
    expect(of(effects, 'return')).toMatchObject([{ from: 2 }]);
    expect(of(effects, 'want')).toHaveLength(1);
  });

  it('by this machine: the lease goes back, and the slot rests, longer each time', () => {
    const world = stand();
    world.do({ type: 'online' });
    world.grant(1, 1, 10);
    const effects = world.do({
      type: 'sandbox-failed',
      slot: 0,
      gen: 1,
      fault: 'worker',
      message: 'no memory',
    });
    expect(of(effects, 'report')).toEqual([]);
    expect(of(effects, 'return')).toMatchObject([{ from: 1 }]);
    expect(of(effects, 'want')).toEqual([]);
    world.nowMs = 249;
    expect(of(world.do({ type: 'tick' }), 'want')).toEqual([]);
    world.nowMs = 250;
    expect(of(world.do({ type: 'tick' }), 'want')).toHaveLength(1);
    world.grant(2, 21, 10);
    world.do({ type: 'sandbox-failed', slot: 0, gen: 2, fault: 'worker', message: 'no memory' });
    world.nowMs = 700;
    expect(of(world.do({ type: 'tick' }), 'want')).toEqual([]);
    world.nowMs = 750;
    expect(of(world.do({ type: 'tick' }), 'want')).toHaveLength(1);
  });

  it('a slice whose input is lost is lost itself; where it only cannot be fetched, it goes back', () => {
    const { world, fed } = atWork(10, { heavy: [1] });
    const input = {
      type: 'input-failed',
      slot: 0,
      gen: 1,
      batch: fed[0]!.batch,
      message: 'no blob',
    } as const;
    const lost = world.do({ ...input, fault: 'job', code: 'FETCH_FAILED' });
    expect(of(lost, 'report')).toMatchObject([{ first: 1, lost: { code: 'FETCH_FAILED' } }]);
    expect(types(lost)).not.toContain('kill-sandbox');
    expect(of(lost, 'feed')).toMatchObject([{ gen: 1, first: 2 }]);
    const other = atWork(10, { heavy: [1] });
    expect(of(other.world.do({ ...input, fault: 'worker' }), 'return')).toMatchObject([{ from: 1 }]);
  });
});

describe('an input that is on its way', () => {
  it('takes none of its slice’s time, and none of what slices take', () => {
    const { world, fed } = atWork(10, { heavy: [1], sliceMs: 1 });
    world.nowMs = 100_000;
    expect(of(world.do({ type: 'tick' }), 'report')).toEqual([]);
    world.do({ type: 'input-came', slot: 0, gen: 1, batch: fed[0]!.batch });
    world.nowMs += 10;
    world.outcomes(fed[0]!.batch, 1, 1, true);
    expect(world.state.profiles.get(world.state.leases.get('L1')!.jobId)!.ms).toBe(10);
  });
});

describe('an input that cannot be had', () => {
  it('leaves the slices before it and behind it to the same sandbox', () => {
    const { world, fed } = atWork(10, { heavy: [3], sliceMs: 1 });
    const { batch } = fed[0]!;
    const failed = { type: 'input-failed', slot: 0, gen: 1, batch, fault: 'job', message: 'none' } as const;
    const again = of(world.do(failed), 'feed');
    expect(again).toMatchObject([{ first: 1, count: 2, gen: 1 }]);
    const effects = world.outcomes(again[0]!.batch, 1, 2, true);
    expect(of(effects, 'report')).toMatchObject([
      { first: 1, count: 2 },
      { first: 3, lost: { message: 'none' } },
    ]);
    expect(of(effects, 'feed')[0]).toMatchObject({ first: 4, gen: 1 });
  });
});

describe('stopping', () => {
  it('draining hands back what has not begun, and is done when the rest is reported', () => {
    const { world, fed } = atWork(100, { sliceMs: 20 });
    const end = fed.at(-1)!.first + fed.at(-1)!.count;
    expect(of(world.do({ type: 'drain' }), 'return')).toMatchObject([{ leaseId: 'L1', from: end }]);
    let last: Effect[] = [];
    for (const { batch, first, count } of fed) last = world.outcomes(batch, first, count, true);
    expect(of(last, 'feed')).toEqual([]);
    expect(types(last)).not.toContain('drained');
    for (const report of [...world.state.reports.keys()]) last = world.do({ type: 'reported', report });
    expect(types(last)).toEqual(['lease-over', 'drained']);
  });

  it('halting hands back everything at once', () => {
    const { world } = atWork(100, { sliceMs: 20 });
    const effects = world.do({ type: 'halt', reason: 'now' });
    expect(types(effects)).toEqual(['kill-sandbox', 'return', 'lease-over', 'drained']);
    expect(of(effects, 'return')[0]).toMatchObject({ from: 1, reason: 'now' });
    expect(of(world.do({ type: 'online' }), 'want')).toEqual([]);
  });

  it('a sandbox that dies while draining hands back what it had', () => {
    const { world } = atWork(100, { sliceMs: 20 });
    world.do({ type: 'drain' });
    const effects = world.do({ type: 'sandbox-exit', slot: 0, gen: 1, message: 'gone' });
    expect(of(effects, 'return')).toMatchObject([{ from: 1 }]);
    expect(types(effects).at(-1)).toBe('drained');
  });

  it('a lease that comes meanwhile goes back', () => {
    const world = stand();
    world.do({ type: 'online' });
    expect(types(world.do({ type: 'drain' }))).toEqual(['unwant', 'drained']);
    expect(types(world.grant(1, 1, 10))).toEqual(['return', 'lease-over']);
  });
});
