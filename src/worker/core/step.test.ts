import { describe, expect, it } from 'vitest';
import { atWork, BYTES, JOB, of, stand, types } from '../../testing/worker/core-stand.js';
import type { Effect } from './events.js';

describe('wants', () => {
  it('asks once for each slot when the connection is there, and again after a reconnect', () => {
    const world = stand(2);
    expect(world.do({ type: 'tick' })).toEqual([]);
    world.do({ type: 'offline' });
    const first = world.do({ type: 'online' });
    expect(of(first, 'want').map((w) => w.idle)).toEqual([true, true]);
    world.do({ type: 'offline' });
    const again = world.do({ type: 'online' });
    expect(again).toEqual([{ type: 'renew', leaseIds: [] }, ...first]);
  });

  it('asks for the next lease when the present one ends soon, and says when it has run dry', () => {
    const { world } = atWork(10, { sliceMs: 100 });
    expect(world.state.slots[0]!.want).toBeUndefined();
    world.nowMs = 100;
    for (let n = 1; n < 6; n++) {
      world.nowMs = n * 100;
      expect(of(world.outcomes(n, n, 1, true), 'want')).toEqual(n === 5 ? [] : []);
    }
    world.nowMs = 600;
    const sixth = world.outcomes(6, 6, 1, true);
    expect(of(sixth, 'want')).toEqual([{ type: 'want', want: 2, idle: false, warm: JOB }]);
    for (let n = 7; n < 10; n++) world.outcomes(n, n, 1, true);
    expect(of(world.outcomes(10, 10, 1, true), 'want')).toEqual([
      { type: 'want', want: 2, idle: true, warm: JOB },
    ]);
  });

  it('hands back a lease that nobody asked for, and one of a want that was served already', () => {
    const world = stand();
    world.do({ type: 'online' });
    expect(types(world.grant(7, 1, 10))).toEqual(['return', 'lease-over']);
    world.grant(1, 1, 10);
    expect(types(world.grant(1, 50, 10))).toEqual(['return', 'lease-over']);
  });
});

describe('feeding', () => {
  it('feeds one slice while nothing is known, then batches by time', () => {
    const { world, fed } = atWork(1_000, {}, { batchMs: 25, batchMsMin: 5 });
    expect(fed).toMatchObject([{ first: 1, count: 1, each: false }]);
    world.nowMs = 1;
    const next = of(world.outcomes(1, 1, 1, true), 'feed');
    // 1 ms a slice: an eighth of what is left would be more than 25.
    expect(next[0]).toMatchObject({ first: 2, count: 25 });
    expect(next[1]).toMatchObject({ first: 27, count: 25 });
  });

  it('keeps a tail that can be recalled: a batch takes at most an eighth of what is left', () => {
    const { fed } = atWork(100, { sliceMs: 1 });
    expect(fed[0]!.count).toBe(12);
  });

  it('feeds long slices one at a time', () => {
    expect(atWork(5, { sliceMs: 250 }).fed).toMatchObject([{ first: 1, count: 1 }]);
  });

  it('ends a batch at a slice whose input is a blob', () => {
    const { fed } = atWork(1_000, { sliceMs: 0.01, heavy: [3, 4] });
    expect(fed.map(({ first, count }) => [first, count]).slice(0, 3)).toEqual([
      [1, 3],
      [4, 1],
      [5, 500],
    ]);
  });

  it('stops feeding while too much is not acknowledged, and goes on after', () => {
    const { world } = atWork(100, { sliceMs: 30 }, { unackedBytesMax: 15, unackedReportsMax: 100 });
    world.nowMs = 30;
    expect(of(world.outcomes(1, 1, 1, true), 'feed')).toHaveLength(1);
    world.nowMs = 60;
    expect(of(world.outcomes(2, 2, 1, true), 'feed')).toHaveLength(0);
    world.nowMs = 90;
    world.outcomes(3, 3, 1, true);
    expect(of(world.do({ type: 'reported', report: 1 }), 'feed')).toHaveLength(0);
    expect(of(world.do({ type: 'reported', report: 2 }), 'feed').length).toBeGreaterThan(0);
  });

  it('begins the next lease before the present one is done, in the same sandbox', () => {
    const { world } = atWork(2, { sliceMs: 10 });
    const next = world.grant(2, 101, 2, { sliceMs: 10 });
    expect(types(next)).toEqual(['feed']);
    expect(of(next, 'feed')[0]).toMatchObject({ leaseId: 'L101', first: 101 });
  });

  it('changes the sandbox for another job, once the first has nothing left to run', () => {
    const { world } = atWork(1, { sliceMs: 10 });
    const other = world.grant(2, 201, 1, { jobId: 'other', sliceMs: 10 });
    expect(types(other)).toEqual(['prepare']);
    const end = world.outcomes(1, 1, 1, true);
    expect(types(end)).toEqual(['report', 'kill-sandbox', 'open-sandbox', 'want']);
    expect(of(end, 'open-sandbox')[0]).toMatchObject({ jobId: 'other', gen: 2 });
  });
});

describe('outcomes', () => {
  it('reports what a sandbox says as it comes', () => {
    const { world } = atWork(8, { sliceMs: 5 });
    const [report] = of(world.outcomes(1, 1, 1, true), 'report');
    expect(report).toMatchObject({ leaseId: 'L1', first: 1, count: 1, segment: BYTES });
  });

  it('ends the lease when all reports are answered', () => {
    const { world } = atWork(1);
    expect(types(world.outcomes(1, 1, 1, true))).toEqual(['report', 'sandbox-rest', 'sandbox-idle', 'want']);
    expect(world.state.leases.size).toBe(1);
    expect(types(world.do({ type: 'reported', report: 1 }))).toEqual(['lease-over']);
    expect(world.state.leases.size).toBe(0);
  });

  const cheats: [string, (w: ReturnType<typeof stand>) => Effect[]][] = [
    ['a slice that is not its turn', (w) => w.outcomes(1, 2, 1, false)],
    ['another batch', (w) => w.outcomes(2, 1, 1, false)],
    ['more than it was fed', (w) => w.outcomes(1, 1, 13, true)],
    ['an end before the end', (w) => w.outcomes(1, 1, 1, true)],
    ['no end at the end', (w) => w.outcomes(1, 1, 12, false)],
    ['no slices', (w) => w.outcomes(1, 1, 0, false)],
  ];
  it.each(cheats)('kills a sandbox that reports %s', (_what, cheat) => {
    const { world, fed } = atWork(100, { sliceMs: 1 });
    expect(fed[0]!.count).toBe(12);
    const effects = cheat(world);
    expect(types(effects).slice(0, 3)).toEqual(['kill-sandbox', 'trouble', 'open-sandbox']);
    expect(of(effects, 'report')).toEqual([]);
  });

  it('does not believe a compute time that cannot be', () => {
    const { world } = atWork(1);
    world.nowMs = 10;
    const effects = world.do({
      type: 'outcomes',
      slot: 0,
      gen: 1,
      batch: 1,
      first: 1,
      count: 1,
      computeMs: 1e12,
      done: true,
      segment: BYTES,
    });
    expect(of(effects, 'report')[0]!.computeMs).toBeLessThan(100);
  });

  it('takes nothing from a sandbox that was killed', () => {
    const { world } = atWork(10);
    world.do({ type: 'lost', leaseId: 'L1' });
    expect(world.outcomes(1, 1, 1, true, 1)).toEqual([]);
  });
});
