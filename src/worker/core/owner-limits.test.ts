import { describe, expect, it } from 'vitest';
import {
  createCoreFixture,
  createCoreWithGrant,
  createCoreWithLease,
  effectsOfType,
  effectTypes,
  JOB,
} from '../../testing/worker/core-fixture.js';
import { CLOSE_GRACE_MS } from './owner-limits.js';

/** A core that may work for this share of the time, with its first batch in the sandbox. */
function throttledCore(share: number) {
  const world = createCoreFixture();
  world.do({ type: 'online' });
  world.do({ type: 'limits', cores: 1, share, paused: false });
  world.grant(1, 1, 1_000, { sliceMs: 10 });
  const dispatched = effectsOfType(world.ready(1), 'dispatch');
  expect(dispatched).toHaveLength(1);
  let batch = dispatched[0]!;
  return {
    world,
    /** Ends the batch at that time; returns the batches that follow at once. */
    end: (nowMs: number) => {
      world.nowMs = nowMs;
      return effectsOfType(world.outcomes(batch.batch, batch.first, batch.count, true), 'dispatch');
    },
    /** Batches that a tick at that time dispatches. */
    tick: (nowMs: number) => {
      world.nowMs = nowMs;
      const next = effectsOfType(world.do({ type: 'tick' }), 'dispatch');
      batch = next[0] ?? batch;
      return next;
    },
  };
}

describe('a share of the time', () => {
  it.each([
    [0.5, 40],
    [0.25, 80],
  ])('of %d lets a slot that worked for 20 ms work again at %i ms', (share, untilMs) => {
    const { end, tick } = throttledCore(share);
    expect(end(20)).toEqual([]);
    expect(tick(untilMs - 1)).toEqual([]);
    expect(tick(untilMs)).toHaveLength(1);
  });

  it('credits at most 200 ms of a longer rest', () => {
    const { end, tick } = throttledCore(0.5);
    end(20);
    expect(tick(1_040)).toHaveLength(1);
    expect(end(1_340)).toEqual([]);
    expect(tick(1_439)).toEqual([]);
    expect(tick(1_440)).toHaveLength(1);
  });

  it('of 1 ends a rest at once', () => {
    const { world, end } = throttledCore(0.5);
    end(20);
    const effects = world.do({ type: 'limits', cores: 1, share: 1, paused: false });
    expect(effectTypes(effects)).toContain('dispatch');
  });

  it('that is changed keeps the rest that is owed, unless it was 1 in between', () => {
    const changed = throttledCore(0.5);
    changed.end(20);
    const limits = { type: 'limits', cores: 1, paused: false } as const;
    expect(changed.world.do({ ...limits, share: 0.4 })).toEqual([]);
    expect(changed.tick(39)).toEqual([]);
    expect(changed.tick(40)).toHaveLength(1);
    const { world, end, tick } = throttledCore(0.5);
    end(20);
    const [batch] = effectsOfType(world.do({ ...limits, share: 1 }), 'dispatch');
    world.do({ ...limits, share: 0.5 });
    world.nowMs = 40;
    world.outcomes(batch!.batch, batch!.first, batch!.count, true);
    while (world.state.slots[0]!.dispatched.length > 0) {
      const { batch: number, next, end: last } = world.state.slots[0]!.dispatched[0]!;
      world.outcomes(number, next, last - next, true);
    }
    expect(tick(59)).toEqual([]);
    expect(tick(60)).toHaveLength(1);
  });
});

describe('more cores', () => {
  it('request a lease each', () => {
    const world = createCoreFixture(1);
    world.do({ type: 'online' });
    const effects = world.do({ type: 'limits', cores: 3, share: 1, paused: false });
    expect(effectsOfType(effects, 'request-lease').map(({ request }) => request)).toEqual([2, 3]);
    expect(world.state.slots).toHaveLength(3);
  });
});

describe('fewer cores', () => {
  it('cancel the requests of the last slots, and keep those of the first', () => {
    const world = createCoreFixture(3);
    world.do({ type: 'online' });
    const effects = world.do({ type: 'limits', cores: 1, share: 1, paused: false });
    expect(effects).toEqual([
      { type: 'cancel-request', request: 2 },
      { type: 'cancel-request', request: 3 },
    ]);
  });
});

describe('a pause', () => {
  it('releases undispatched slices at once, and the others after a grace period with their sandbox', () => {
    const { world, dispatched } = createCoreWithLease(100, { sliceMs: 20 });
    const end = dispatched.at(-1)!.first + dispatched.at(-1)!.count;
    const effects = world.do({ type: 'limits', cores: 1, share: 1, paused: true });
    expect(effectsOfType(effects, 'release')).toMatchObject([{ leaseId: 'L1', from: end }]);
    expect(effectTypes(effects)).not.toContain('kill-sandbox');
    world.nowMs = 600;
    world.do({ type: 'progress', slot: 0, epoch: 1, sliceNumber: 1 });
    world.nowMs = CLOSE_GRACE_MS - 1;
    expect(effectTypes(world.do({ type: 'tick' }))).not.toContain('kill-sandbox');
    world.nowMs = CLOSE_GRACE_MS;
    const late = world.do({ type: 'tick' });
    expect(effectTypes(late)).toContain('kill-sandbox');
    expect(effectsOfType(late, 'release')).toMatchObject([{ leaseId: 'L1', from: 1 }]);
    const resumed = world.do({ type: 'limits', cores: 1, share: 1, paused: false });
    expect(effectTypes(resumed)).toEqual(['request-lease']);
  });
});

describe('a lease that the owner declines', () => {
  const declined = {
    type: 'decline',
    leaseId: 'L1',
    jobId: JOB,
    first: 1,
    count: 10,
    reason: 'no',
  } as const;

  it('is released, and its slot requests another one at a later tick', () => {
    const world = createCoreFixture();
    world.do({ type: 'online' });
    const effects = world.do({ ...declined, request: 1 });
    // The worker keeps nothing for a lease that it declines, so nothing is over.
    expect(effects).toEqual([
      { type: 'release', leaseId: 'L1', jobId: JOB, from: 1, count: 10, reason: 'no' },
    ]);
    expect(effectTypes(world.do({ type: 'tick' }))).not.toContain('request-lease');
    world.nowMs = 1;
    expect(effectsOfType(world.do({ type: 'tick' }), 'request-lease')).toHaveLength(1);
  });

  it('of no pending request leaves the requests of all slots pending', () => {
    const world = createCoreFixture();
    world.do({ type: 'online' });
    world.do({ ...declined, request: 7 });
    expect(effectTypes(world.grant(1, 1, 10))).toContain('open-sandbox');
  });
});

describe('a job that the owner refuses', () => {
  it('is aborted and released; sandboxes of other jobs continue', () => {
    const world = createCoreFixture(2);
    world.do({ type: 'online' });
    world.grant(1, 1, 10);
    world.grant(2, 101, 10, { jobId: 'other' });
    const effects = world.do({ type: 'refuse', jobId: JOB, reason: 'blocked' });
    expect(effectsOfType(effects, 'kill-sandbox')).toMatchObject([{ slot: 0 }]);
    expect(effectsOfType(effects, 'release')).toMatchObject([{ leaseId: 'L1', from: 1, reason: 'blocked' }]);
  });

  it('loses the sandbox that is kept warm for it', () => {
    const { world, dispatched } = createCoreWithLease(1);
    world.outcomes(dispatched[0]!.batch, 1, 1, true);
    expect(effectTypes(world.do({ type: 'refuse', jobId: 'other', reason: 'blocked' }))).toEqual([]);
    expect(effectTypes(world.do({ type: 'refuse', jobId: JOB, reason: 'blocked' }))).toContain(
      'kill-sandbox',
    );
  });
});

it('a sandbox that is being set up for a slot that is closed ends at once', () => {
  const world = createCoreWithGrant(10);
  const effects = world.do({ type: 'limits', cores: 1, share: 1, paused: true });
  expect(effectTypes(effects)).toContain('kill-sandbox');
  expect(effectsOfType(effects, 'release')).toMatchObject([{ leaseId: 'L1', from: 1 }]);
});

it('a tick that is late by less than 1.5 s counts its time against the limits of a slice', () => {
  const { world } = createCoreWithLease(2, { sliceMs: 300 });
  world.do({ type: 'tick' });
  world.nowMs = 1_400;
  expect(effectTypes(world.do({ type: 'tick' }))).toContain('kill-sandbox');
});

it('the progress of a running slice is passed on, and that of another slice is ignored', () => {
  const { world } = createCoreWithLease(100, { sliceMs: 1 });
  const progress = { type: 'progress', slot: 0, epoch: 1, progress: 0.5 } as const;
  expect(world.do({ ...progress, sliceNumber: 1 })).toMatchObject([{ sliceNumber: 1, progress: 0.5 }]);
  expect(world.do({ ...progress, sliceNumber: 90 })).toEqual([]);
});
