import { describe, expect, it } from 'vitest';
import {
  createCoreWithGrant,
  createCoreWithLease,
  effectsOfType,
  createCoreFixture,
  effectTypes,
  JOB,
} from '../../testing/worker/core-fixture.js';
import type { Effect } from './events.js';

describe('a sandbox that crashes', () => {
  it('charges no slice: its slices run again, one at a time', () => {
    const { world } = createCoreWithLease(100, { sliceMs: 1 });
    world.outcomes(1, 1, 4, false);
    const effects = world.crash(1);
    expect(effectsOfType(effects, 'report')).toEqual([]);
    expect(effectsOfType(world.ready(2), 'dispatch')).toMatchObject([
      { first: 5, count: 1, reportEach: true },
    ]);
  });

  it('again in single-slice mode: the running slice is lost, and batches follow after it', () => {
    const { world } = createCoreWithLease(100, { sliceMs: 1 });
    world.crash(1);
    const [single] = effectsOfType(world.ready(2), 'dispatch');
    const next = effectsOfType(world.outcomes(single!.batch, 1, 1, true), 'dispatch');
    expect(next).toMatchObject([{ first: 2, count: 1, reportEach: true }]);
    const effects = world.crash(2, 'gone again');
    expect(effectsOfType(effects, 'report')).toMatchObject([
      { first: 2, count: 0, failure: { code: 'SANDBOX_CRASHED', message: 'gone again' } },
    ]);
    expect(effectsOfType(world.ready(3), 'dispatch')[0]).toMatchObject({ first: 3, reportEach: false });
  });

  it('with one slice runs it again, since a neighbour may have caused the crash', () => {
    const { world } = createCoreWithLease(5);
    const effects = world.crash(1);
    expect(effectsOfType(effects, 'report')).toEqual([]);
    expect(effectsOfType(world.ready(2), 'dispatch')).toMatchObject([
      { first: 1, count: 1, reportEach: true },
    ]);
  });

  it('alone with one slice loses it at once, since nothing else can be the cause', () => {
    const { world } = createCoreWithLease(5);
    expect(effectsOfType(world.crash(1, 'out of memory', false), 'report')).toMatchObject([
      { first: 1, count: 0, failure: { code: 'SANDBOX_CRASHED', message: 'out of memory' } },
    ]);
  });

  it('alone with several slices charges none of them: they run again, one at a time', () => {
    const { world } = createCoreWithLease(100, { sliceMs: 1 });
    expect(effectsOfType(world.crash(1, 'gone', false), 'report')).toEqual([]);
    expect(effectsOfType(world.ready(2), 'dispatch')).toMatchObject([
      { first: 1, count: 1, reportEach: true },
    ]);
  });

  it('is ignored afterwards, also when another has replaced it', () => {
    const { world } = createCoreWithLease(5);
    world.crash(1);
    const [again] = effectsOfType(world.ready(2), 'dispatch');
    expect(world.outcomes(again!.batch, 1, 1, true, 1)).toEqual([]);
    expect(world.crash(1)).toEqual([]);
  });

  it('gets batches again after enough slices ran one at a time', () => {
    const { world } = createCoreWithLease(100, { sliceMs: 1 }, { singleSliceModeLength: 2 });
    world.crash(1);
    const [one] = effectsOfType(world.ready(2), 'dispatch');
    const [two] = effectsOfType(world.outcomes(one!.batch, 1, 1, true), 'dispatch');
    expect(two!.reportEach).toBe(true);
    expect(effectsOfType(world.outcomes(two!.batch, 2, 1, true), 'dispatch')[0]!.reportEach).toBe(false);
  });

  it('without slices is only removed', () => {
    const { world } = createCoreWithLease(1);
    world.outcomes(1, 1, 1, true);
    const effects = world.crash(1);
    expect(effectTypes(effects)).toEqual(['kill-sandbox', 'warning', 'request-lease']);
    expect(effectsOfType(effects, 'request-lease')[0]!.warm).toBeUndefined();
  });
});

describe('time limits', () => {
  it('end a slice that exceeds the limit of its job; alone in its batch, it is lost at once', () => {
    const { world } = createCoreWithLease(2, { sliceMs: 300 });
    world.nowMs = 450;
    world.do({ type: 'progress', slot: 0, epoch: 1, sliceNumber: 1 });
    world.nowMs = 900;
    world.do({ type: 'progress', slot: 0, epoch: 1, sliceNumber: 1 });
    world.nowMs = 1_201;
    const effects = world.do({ type: 'tick' });
    expect(effectsOfType(effects, 'report')[0]).toMatchObject({
      first: 1,
      count: 0,
      failure: { code: 'SLICE_TIMEOUT' },
    });
    expect(effectTypes(effects)).toContain('kill-sandbox');
  });

  it('end a slice that shows no progress', () => {
    const { world } = createCoreWithLease(2, { sliceMs: 300 });
    world.nowMs = 701;
    expect(effectsOfType(world.do({ type: 'tick' }), 'report')[0]).toMatchObject({
      failure: { code: 'NO_PROGRESS' },
    });
  });

  it('start anew when a slice reports its start, once', () => {
    const { world } = createCoreWithLease(100, { sliceMs: 1 });
    world.nowMs = 400;
    expect(effectTypes(world.do({ type: 'begin', slot: 0, epoch: 1, sliceNumber: 5 }))).toEqual(['began']);
    world.nowMs = 800;
    expect(world.do({ type: 'begin', slot: 0, epoch: 1, sliceNumber: 5 })).toEqual([]);
    expect(world.do({ type: 'begin', slot: 0, epoch: 1, sliceNumber: 50 })).toEqual([]);
    expect(effectTypes(world.do({ type: 'tick' }))).not.toContain('kill-sandbox');
    world.nowMs = 1_101;
    expect(effectTypes(world.do({ type: 'tick' }))).toContain('kill-sandbox');
  });

  it('do not count the time in which the machine was suspended', () => {
    const { world } = createCoreWithLease(2, { sliceMs: 300 });
    world.do({ type: 'tick' });
    world.nowMs = 3_600_000;
    expect(effectTypes(world.do({ type: 'tick' }))).not.toContain('kill-sandbox');
    world.nowMs += 400;
    world.do({ type: 'tick' });
    world.nowMs += 400;
    expect(effectTypes(world.do({ type: 'tick' }))).toContain('kill-sandbox');
  });

  it('leases are not renewed without a connection', () => {
    const { world } = createCoreWithLease(2, { needsFetch: [1] });
    world.do({ type: 'offline' });
    world.nowMs = 20_000;
    expect(effectsOfType(world.do({ type: 'tick' }), 'renew')).toEqual([]);
    expect(effectsOfType(world.do({ type: 'online' }), 'renew')).toHaveLength(1);
  });

  it('leases are renewed before they expire', () => {
    const { world } = createCoreWithLease(2, { sliceMs: 300 }, {});
    world.state.slots[0]!.dispatched.length = 0;
    world.nowMs = 19_999;
    expect(effectsOfType(world.do({ type: 'tick' }), 'renew')).toEqual([]);
    world.nowMs = 20_000;
    expect(effectsOfType(world.do({ type: 'tick' }), 'renew')).toEqual([{ type: 'renew', leaseIds: ['L1'] }]);
    world.nowMs = 39_999;
    expect(effectsOfType(world.do({ type: 'tick' }), 'renew')).toEqual([]);
  });
});

describe('recalled and lost leases', () => {
  it('a recall releases half of the undispatched slices', () => {
    const { world, dispatched } = createCoreWithLease(100, { sliceMs: 1 });
    const dispatchedTo = dispatched.at(-1)!.first + dispatched.at(-1)!.count;
    const from = 101 - Math.ceil((101 - dispatchedTo) / 2);
    expect(
      effectsOfType(world.do({ type: 'recall', leaseId: 'L1', isWarm: false }), 'release'),
    ).toMatchObject([{ leaseId: 'L1', from }]);
  });

  it('a recall releases nothing if all slices are in the sandbox', () => {
    const { world } = createCoreWithLease(1);
    expect(world.do({ type: 'recall', leaseId: 'L1', isWarm: false })).toEqual([]);
  });

  it('a recall keeps one slice for a starting sandbox, unless the waiting one has loaded the job and this one has not', () => {
    for (const isWarm of [false, true]) {
      const world = createCoreWithGrant(1);
      const effects = world.do({ type: 'recall', leaseId: 'L1', isWarm });
      expect(effectsOfType(effects, 'release')).toEqual(isWarm ? [expect.objectContaining({ from: 1 })] : []);
    }
    const { world } = createCoreWithLease(1, { sliceMs: 300 });
    world.grant(2, 101, 1, { sliceMs: 300 });
    const behind = world.do({ type: 'recall', leaseId: 'L101', isWarm: false });
    expect(effectsOfType(behind, 'release')).toMatchObject([{ leaseId: 'L101', from: 101 }]);
  });

  it('a recall reclaims slices queued in the sandbox, between two slices, if slices became slow', () => {
    const { world, dispatched } = createCoreWithLease(20, { sliceMs: 0.1 });
    expect(dispatched.at(-1)).toMatchObject({ first: 1, count: 20 });
    expect(world.do({ type: 'recall', leaseId: 'L1', isWarm: false })).toEqual([]);
    world.nowMs = 50;
    expect(effectTypes(world.outcomes(1, 1, 1, false))).toEqual(['report']);
    world.nowMs = 10_050;
    const effects = world.outcomes(1, 2, 1, false);
    expect(effectTypes(effects)).toEqual(['report', 'kill-sandbox', 'release', 'open-sandbox']);
    expect(effectsOfType(effects, 'release')).toMatchObject([{ from: 12 }]);
    expect(effectsOfType(world.ready(2), 'dispatch')).toMatchObject([
      { first: 3, count: 1, reportEach: false },
    ]);
  });

  it('a recall leaves the queue of a sandbox unless it takes four times as long as the set-up', () => {
    const slowAfter = (setupMs: number, sliceMs: number): string[] => {
      const world = createCoreWithGrant(20, { sliceMs: 0.1 });
      world.nowMs = setupMs;
      expect(effectsOfType(world.ready(1), 'dispatch')).toMatchObject([{ first: 1, count: 20 }]);
      world.do({ type: 'recall', leaseId: 'L1', isWarm: false });
      world.nowMs += sliceMs;
      return effectTypes(world.outcomes(1, 1, 1, false));
    };
    // It keeps 18 slices that take as long as the last one.
    expect(slowAfter(0, 2_000)).toContain('kill-sandbox');
    expect(slowAfter(60_000, 10_000)).not.toContain('kill-sandbox');
    expect(slowAfter(60_000, 20_000)).toContain('kill-sandbox');
  });

  it('slow slices stay in the sandbox without a recall', () => {
    const { world } = createCoreWithLease(20, { sliceMs: 0.1 });
    world.nowMs = 10_000;
    expect(effectTypes(world.outcomes(1, 1, 1, false))).toEqual(['report']);
  });

  it('a revoked lease ends its sandbox if it is running, not if it is queued', () => {
    const { world } = createCoreWithLease(2, { sliceMs: 200 });
    world.grant(2, 101, 2, { sliceMs: 200 });
    expect(effectTypes(world.do({ type: 'lease-revoked', leaseId: 'L101' }))).toEqual([
      'lease-over',
      'request-lease',
    ]);
    expect(effectTypes(world.do({ type: 'lease-revoked', leaseId: 'L1' }))).toContain('kill-sandbox');
  });

  it('a report for a lost lease ends the lease', () => {
    const { world } = createCoreWithLease(10, { sliceMs: 1 });
    world.outcomes(1, 1, 5, true);
    const effects = world.do({ type: 'report-failed', report: 1, leaseLost: true });
    expect(effectTypes(effects).slice(0, 2)).toEqual(['kill-sandbox', 'lease-over']);
  });

  it('a report that failed otherwise releases the lease from its first slice', () => {
    const { world } = createCoreWithLease(10, { sliceMs: 1 });
    world.outcomes(1, 1, 5, true);
    const effects = world.do({ type: 'report-failed', report: 1, leaseLost: false });
    expect(effectsOfType(effects, 'release')).toMatchObject([{ leaseId: 'L1', from: 1 }]);
  });
});

describe('a sandbox that cannot be set up', () => {
  it('by the fault of the job: its next slice is lost, the rest is released', () => {
    const world = createCoreWithGrant(10);
    const effects = world.fail(1, 'job', 'SyntaxError');
    expect(effectsOfType(effects, 'report')).toMatchObject([
      { first: 1, count: 0, failure: { code: 'ASSIGN_FAILED' } },
    ]);
    expect(effectsOfType(effects, 'warning')).toMatchObject([{ jobId: JOB, code: 'ASSIGN_FAILED' }]);
    expect(effectsOfType(effects, 'release')).toMatchObject([{ from: 2 }]);
    expect(effectsOfType(effects, 'request-lease')).toHaveLength(1);
  });

  it('by the fault of this machine: the lease is released, and the slot backs off, longer each time', () => {
    const world = createCoreWithGrant(10);
    const effects = world.fail(1, 'worker', 'no memory');
    expect(effectsOfType(effects, 'report')).toEqual([]);
    expect(effectsOfType(effects, 'warning')).toMatchObject([{ jobId: JOB, code: 'ISOLATION_UNAVAILABLE' }]);
    expect(effectsOfType(effects, 'release')).toMatchObject([{ from: 1 }]);
    expect(effectsOfType(effects, 'request-lease')).toEqual([]);
    world.nowMs = 249;
    expect(effectsOfType(world.do({ type: 'tick' }), 'request-lease')).toEqual([]);
    world.nowMs = 250;
    expect(effectsOfType(world.do({ type: 'tick' }), 'request-lease')).toHaveLength(1);
    world.grant(2, 21, 10);
    world.fail(2, 'worker', 'no memory');
    world.nowMs = 700;
    expect(effectsOfType(world.do({ type: 'tick' }), 'request-lease')).toEqual([]);
    world.nowMs = 750;
    expect(effectsOfType(world.do({ type: 'tick' }), 'request-lease')).toHaveLength(1);
  });

  it('after it was ready is killed, and its slices run again', () => {
    const { world } = createCoreWithLease(10);
    expect(effectTypes(world.fail(1, 'job', 'late'))).toEqual(['kill-sandbox', 'open-sandbox']);
    expect(effectsOfType(world.ready(2), 'dispatch')).toMatchObject([{ first: 1 }]);
  });

  it('a slice whose input does not exist is lost; one whose input cannot be fetched is released', () => {
    const { world, dispatched } = createCoreWithLease(10, { needsFetch: [1] });
    const input = {
      type: 'input-failed',
      slot: 0,
      epoch: 1,
      batch: dispatched[0]!.batch,
      message: 'no blob',
    } as const;
    const lost = world.do({ ...input, fault: 'job', code: 'FETCH_FAILED' });
    expect(effectsOfType(lost, 'report')).toMatchObject([{ first: 1, failure: { code: 'FETCH_FAILED' } }]);
    expect(effectTypes(lost)).not.toContain('kill-sandbox');
    expect(effectsOfType(lost, 'dispatch')).toMatchObject([{ epoch: 1, first: 2 }]);
    const other = createCoreWithLease(10, { needsFetch: [1] });
    expect(effectsOfType(other.world.do({ ...input, fault: 'worker' }), 'release')).toMatchObject([
      { from: 1 },
    ]);
  });
});

describe('an input that is being fetched', () => {
  it('counts neither towards the limits of its slice nor towards the measured durations', () => {
    const { world, dispatched } = createCoreWithLease(10, { needsFetch: [1], sliceMs: 1 });
    world.nowMs = 100_000;
    expect(effectsOfType(world.do({ type: 'tick' }), 'report')).toEqual([]);
    world.do({ type: 'input-ready', slot: 0, epoch: 1, batch: dispatched[0]!.batch });
    world.nowMs += 10;
    world.outcomes(dispatched[0]!.batch, 1, 1, true);
    expect(world.state.profiles.get(world.state.leases.get('L1')!.jobId)!.ms).toBe(10);
  });
});

describe('an input that failed', () => {
  it('is ignored if its batch has ended', () => {
    const { world, dispatched } = createCoreWithLease(10, { needsFetch: [1] });
    const { batch } = dispatched[0]!;
    world.do({ type: 'input-ready', slot: 0, epoch: 1, batch });
    world.outcomes(batch, 1, 1, true);
    const failed = { type: 'input-failed', slot: 0, epoch: 1, batch, fault: 'job', message: 'none' } as const;
    expect(world.do(failed)).toEqual([]);
  });

  it('does not affect the slices before and after it in the same sandbox', () => {
    const { world, dispatched } = createCoreWithLease(10, { needsFetch: [3], sliceMs: 1 });
    const { batch } = dispatched[0]!;
    const failed = { type: 'input-failed', slot: 0, epoch: 1, batch, fault: 'job', message: 'none' } as const;
    const again = effectsOfType(world.do(failed), 'dispatch');
    expect(again).toMatchObject([{ first: 1, count: 2, epoch: 1 }]);
    const effects = world.outcomes(again[0]!.batch, 1, 2, true);
    expect(effectsOfType(effects, 'report')).toMatchObject([
      { first: 1, count: 2 },
      { first: 3, failure: { message: 'none' } },
    ]);
    expect(effectsOfType(effects, 'dispatch')[0]).toMatchObject({ first: 4, epoch: 1 });
  });
});

describe('stopping', () => {
  it('draining releases undispatched slices, and ends when the others are reported', () => {
    const { world, dispatched } = createCoreWithLease(100, { sliceMs: 20 });
    const end = dispatched.at(-1)!.first + dispatched.at(-1)!.count;
    expect(effectsOfType(world.do({ type: 'drain' }), 'release')).toMatchObject([
      { leaseId: 'L1', from: end },
    ]);
    let last: Effect[] = [];
    for (const { batch, first, count } of dispatched) last = world.outcomes(batch, first, count, true);
    expect(effectsOfType(last, 'dispatch')).toEqual([]);
    expect(effectTypes(last)).not.toContain('drained');
    for (const report of [...world.state.reports.keys()]) last = world.do({ type: 'reported', report });
    expect(effectTypes(last)).toEqual(['lease-over', 'drained']);
  });

  it('halting releases everything at once', () => {
    const { world } = createCoreWithLease(100, { sliceMs: 20 });
    const effects = world.do({ type: 'halt', reason: 'now' });
    expect(effectTypes(effects)).toEqual(['kill-sandbox', 'release', 'lease-over', 'drained']);
    expect(effectsOfType(effects, 'release')[0]).toMatchObject({ from: 1, reason: 'now' });
    expect(effectsOfType(world.do({ type: 'online' }), 'request-lease')).toEqual([]);
  });

  it('a sandbox that crashes while draining releases its slices', () => {
    const { world } = createCoreWithLease(100, { sliceMs: 20 });
    world.do({ type: 'drain' });
    const effects = world.crash(1);
    expect(effectsOfType(effects, 'release')).toMatchObject([{ from: 1 }]);
    expect(effectTypes(effects).at(-1)).toBe('drained');
  });

  it('a lease that is granted meanwhile is released', () => {
    const world = createCoreFixture();
    world.do({ type: 'online' });
    expect(effectTypes(world.do({ type: 'drain' }))).toEqual(['cancel-request', 'drained']);
    expect(effectTypes(world.grant(1, 1, 10))).toEqual(['release', 'lease-over']);
  });
});

describe('a slice that is given back', () => {
  const back = (batch: number, sliceNumber: number, reason = 'not here') =>
    ({ type: 'rejected', slot: 0, epoch: 1, batch, sliceNumber, reason }) as const;

  it('is reported as lost with its reason, and the lease goes on behind it in a new sandbox', () => {
    const { world } = createCoreWithLease(100, { sliceMs: 1 });
    world.outcomes(1, 1, 4, false);
    const effects = world.do(back(1, 5));
    expect(effectTypes(effects)).toContain('kill-sandbox');
    expect(effectsOfType(effects, 'report')).toMatchObject([
      { first: 5, count: 0, failure: { code: 'WORK_REJECTED', message: 'not here' } },
    ]);
    expect(effectsOfType(world.ready(2), 'dispatch')[0]).toMatchObject({ first: 6 });
  });

  it('counts as a crash of its sandbox where it is not the next one', () => {
    const { world } = createCoreWithLease(100, { sliceMs: 1 });
    const effects = world.do(back(1, 3));
    expect(effectsOfType(effects, 'report')).toEqual([]);
    expect(effectsOfType(effects, 'warning')).toMatchObject([{ code: 'SANDBOX_CRASHED' }]);
  });
});
