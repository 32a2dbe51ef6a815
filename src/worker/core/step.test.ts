import { describe, expect, it } from 'vitest';
import {
  createCoreWithGrant,
  createCoreWithLease,
  SEGMENT,
  JOB,
  effectsOfType,
  createCoreFixture,
  effectTypes,
} from '../../testing/worker/core-fixture.js';
import type { Effect } from './events.js';

describe('lease requests', () => {
  it('are sent once for each slot when connected, and again after a reconnect', () => {
    const world = createCoreFixture(2);
    expect(world.do({ type: 'tick' })).toEqual([]);
    world.do({ type: 'offline' });
    const first = world.do({ type: 'online' });
    expect(effectsOfType(first, 'request-lease').map((w) => w.idle)).toEqual([true, true]);
    world.do({ type: 'offline' });
    const again = world.do({ type: 'online' });
    expect(again).toEqual([{ type: 'renew', leaseIds: [] }, ...first]);
  });

  it('are sent when the current lease ends soon, and updated when the slot is idle', () => {
    const { world } = createCoreWithLease(10, { sliceMs: 100 });
    expect(world.state.slots[0]!.request).toBeUndefined();
    world.nowMs = 100;
    for (let n = 1; n < 6; n++) {
      world.nowMs = n * 100;
      expect(effectsOfType(world.outcomes(n, n, 1, true), 'request-lease')).toEqual([]);
    }
    world.nowMs = 600;
    const sixth = world.outcomes(6, 6, 1, true);
    expect(effectsOfType(sixth, 'request-lease')).toEqual([
      { type: 'request-lease', request: 2, idle: false, warm: JOB },
    ]);
    for (let n = 7; n < 10; n++) world.outcomes(n, n, 1, true);
    expect(effectsOfType(world.outcomes(10, 10, 1, true), 'request-lease')).toEqual([
      { type: 'request-lease', request: 2, idle: true, warm: JOB },
    ]);
  });

  it('are sent again when a warm start became possible, except by a slot without a request', () => {
    const world = createCoreFixture(2);
    world.do({ type: 'online' });
    world.grant(1, 1, 10);
    expect(world.do({ type: 'warm-state-changed' })).toEqual([
      { type: 'request-lease', request: 2, idle: true, warm: undefined },
    ]);
  });

  it('a lease without a pending request is released', () => {
    const world = createCoreFixture();
    world.do({ type: 'online' });
    expect(effectTypes(world.grant(7, 1, 10))).toEqual(['release', 'lease-over']);
    world.grant(1, 1, 10);
    expect(effectTypes(world.grant(1, 50, 10))).toEqual(['release', 'lease-over']);
  });
});

describe('dispatching', () => {
  it('starts with one slice, then sizes batches by time', () => {
    const { world, dispatched } = createCoreWithLease(1_000, {}, { batchMs: 25, batchMsMin: 5 });
    expect(dispatched).toMatchObject([{ first: 1, count: 1, reportEach: false }]);
    world.nowMs = 1;
    const next = effectsOfType(world.outcomes(1, 1, 1, true), 'dispatch');
    // 1 ms a slice: an eighth of the rest would be more than 25.
    expect(next[0]).toMatchObject({ first: 2, count: 25 });
    expect(next[1]).toMatchObject({ first: 27, count: 25 });
  });

  it('leaves slices for recalls: a batch takes at most an eighth of the rest', () => {
    const { dispatched } = createCoreWithLease(100, { sliceMs: 1 });
    expect(dispatched[0]!.count).toBe(12);
  });

  it.each([200, 250])('sends slices of %i ms one at a time', (sliceMs) => {
    expect(createCoreWithLease(5, { sliceMs }).dispatched).toMatchObject([{ first: 1, count: 1 }]);
  });

  it('limits a batch by the bytes of its outcomes', () => {
    const { world } = createCoreWithLease(
      1_000,
      {},
      { batchMs: 100, batchMsMin: 100, batchBytes: 10 * SEGMENT.byteLength, queueBatchesMax: 1 },
    );
    world.nowMs = 1;
    let [batch] = effectsOfType(world.outcomes(1, 1, 1, true), 'dispatch');
    expect(batch).toMatchObject({ first: 2, count: 10 });
    for (let slice = 2; slice <= 11; slice++) {
      world.nowMs += 1;
      [batch] = effectsOfType(world.outcomes(2, slice, 1, slice === 11), 'dispatch');
    }
    expect(batch).toMatchObject({ first: 12, count: 10 });
  });

  it('ends a batch at a slice whose input is a blob', () => {
    const { dispatched } = createCoreWithLease(1_000, { sliceMs: 0.01, needsFetch: [3, 4] });
    expect(dispatched.map(({ first, count }) => [first, count]).slice(0, 3)).toEqual([
      [1, 3],
      [4, 1],
      [5, 500],
    ]);
  });

  it('stops while too much is unacknowledged, and continues afterwards', () => {
    const { world } = createCoreWithLease(
      100,
      { sliceMs: 30 },
      { unackedBytesMax: 15, unackedReportsMax: 100 },
    );
    world.nowMs = 30;
    expect(effectsOfType(world.outcomes(1, 1, 1, true), 'dispatch')).toHaveLength(1);
    world.nowMs = 60;
    expect(effectsOfType(world.outcomes(2, 2, 1, true), 'dispatch')).toHaveLength(0);
    world.nowMs = 90;
    world.outcomes(3, 3, 1, true);
    expect(effectsOfType(world.do({ type: 'reported', report: 1 }), 'dispatch')).toHaveLength(0);
    expect(effectsOfType(world.do({ type: 'reported', report: 2 }), 'dispatch').length).toBeGreaterThan(0);
  });

  it('starts the next lease before the current one is complete, in the same sandbox', () => {
    const { world } = createCoreWithLease(2, { sliceMs: 10 });
    const next = world.grant(2, 101, 2, { sliceMs: 10 });
    expect(effectTypes(next)).toEqual(['dispatch']);
    expect(effectsOfType(next, 'dispatch')[0]).toMatchObject({ leaseId: 'L101', first: 101 });
  });

  it('replaces the sandbox for another job once the first job has no slices left', () => {
    const { world } = createCoreWithLease(1, { sliceMs: 10 });
    const other = world.grant(2, 201, 1, { jobId: 'other', sliceMs: 10 });
    expect(effectTypes(other)).toEqual(['prepare']);
    const end = world.outcomes(1, 1, 1, true);
    expect(effectTypes(end)).toEqual(['report', 'kill-sandbox', 'open-sandbox', 'request-lease']);
    expect(effectsOfType(end, 'open-sandbox')[0]).toMatchObject({ jobId: 'other', epoch: 2 });
  });
});

describe('outcomes', () => {
  it('are reported as they arrive', () => {
    const { world } = createCoreWithLease(8, { sliceMs: 5 });
    const [report] = effectsOfType(world.outcomes(1, 1, 1, true), 'report');
    expect(report).toMatchObject({ leaseId: 'L1', first: 1, count: 1, segment: SEGMENT });
  });

  it('end the lease when all reports are acknowledged', () => {
    const { world } = createCoreWithLease(1);
    expect(effectTypes(world.outcomes(1, 1, 1, true))).toEqual([
      'report',
      'quiesce-sandbox',
      'sandbox-idle',
      'request-lease',
    ]);
    expect(world.state.leases.size).toBe(1);
    expect(effectTypes(world.do({ type: 'reported', report: 1 }))).toEqual(['lease-over']);
    expect(world.state.leases.size).toBe(0);
  });

  const cheats: [string, (w: ReturnType<typeof createCoreFixture>) => Effect[]][] = [
    ['a slice that is not its turn', (w) => w.outcomes(1, 2, 1, false)],
    ['another batch', (w) => w.outcomes(2, 1, 1, false)],
    ['more than was dispatched', (w) => w.outcomes(1, 1, 13, true)],
    ['an end before the end', (w) => w.outcomes(1, 1, 1, true)],
    ['no end at the end', (w) => w.outcomes(1, 1, 12, false)],
    ['no slices', (w) => w.outcomes(1, 1, 0, false)],
  ];
  it.each(cheats)('kill the sandbox if it reports %s', (_what, cheat) => {
    const { world, dispatched } = createCoreWithLease(100, { sliceMs: 1 });
    expect(dispatched[0]!.count).toBe(12);
    const effects = cheat(world);
    expect(effectTypes(effects).slice(0, 3)).toEqual(['kill-sandbox', 'warning', 'open-sandbox']);
    expect(effectsOfType(effects, 'warning')).toMatchObject([{ code: 'SANDBOX_CRASHED' }]);
    expect(effectsOfType(effects, 'report')).toEqual([]);
  });

  it('have their compute time capped at the elapsed time', () => {
    const { world } = createCoreWithLease(1);
    world.nowMs = 10;
    const effects = world.do({
      type: 'outcomes',
      slot: 0,
      epoch: 1,
      batch: 1,
      first: 1,
      count: 1,
      computeMs: 1e12,
      done: true,
      segment: SEGMENT,
    });
    expect(effectsOfType(effects, 'report')[0]!.computeMs).toBeLessThan(100);
  });

  it('kill a sandbox that has no slices left', () => {
    const { world } = createCoreWithLease(1);
    world.outcomes(1, 1, 1, true);
    const effects = world.outcomes(1, 1, 1, true);
    expect(effectsOfType(effects, 'warning')).toMatchObject([{ code: 'SANDBOX_CRASHED' }]);
    expect(effectTypes(effects)).toContain('kill-sandbox');
  });

  it('are ignored from a sandbox that was killed', () => {
    const { world } = createCoreWithLease(10);
    world.do({ type: 'lease-revoked', leaseId: 'L1' });
    expect(world.outcomes(1, 1, 1, true, 1)).toEqual([]);
  });
});

it('a sandbox that is set up is reported as opened, with its slot and epoch', () => {
  const effects = createCoreWithGrant(1).ready(1);
  expect(effectsOfType(effects, 'opened')).toEqual([{ type: 'opened', slot: 0, epoch: 1 }]);
});
