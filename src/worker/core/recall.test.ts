import { describe, expect, it } from 'vitest';
import {
  createCoreWithGrant,
  createCoreWithLease,
  effectsOfType,
  effectTypes,
} from '../../testing/worker/core-fixture.js';

const recall = (leaseId: string, isWarm = false) => ({ type: 'recall', leaseId, isWarm }) as const;

describe('a recall', () => {
  it('of a lease that this worker does not hold does nothing', () => {
    expect(createCoreWithLease(10).world.do(recall('L99'))).toEqual([]);
  });

  it('releases the last undispatched slice of a lease of which another slice runs', () => {
    const { world } = createCoreWithLease(2, { sliceMs: 300 });
    expect(effectsOfType(world.do(recall('L1')), 'release')).toMatchObject([
      { leaseId: 'L1', from: 2, count: 1, reason: 'Recalled.' },
    ]);
  });

  it('releases the only slice of a lease behind the one that a sandbox is being set up for', () => {
    const world = createCoreWithGrant(1, { sliceMs: 300 });
    world.grant(2, 101, 1, { sliceMs: 300 });
    expect(effectsOfType(world.do(recall('L101')), 'release')).toMatchObject([{ from: 101, count: 1 }]);
    expect(effectsOfType(world.do(recall('L1')), 'release')).toEqual([]);
  });

  it('that released slices leaves those in the sandbox there, also if they become slow', () => {
    const { world, dispatched } = createCoreWithLease(1_000, { sliceMs: 1 });
    expect(effectsOfType(world.do(recall('L1')), 'release')).toHaveLength(1);
    world.nowMs = 10_000;
    expect(dispatched[0]!.count).toBeGreaterThan(1);
    expect(effectTypes(world.outcomes(1, 1, 1, false))).not.toContain('kill-sandbox');
  });

  it('that released nothing is over when the sandbox has finished its slices', () => {
    const { world } = createCoreWithLease(1);
    expect(world.do(recall('L1'))).toEqual([]);
    expect(effectTypes(world.outcomes(1, 1, 1, true))).toEqual([
      'report',
      'quiesce-sandbox',
      'sandbox-idle',
      'request-lease',
    ]);
  });

  it('that ends a sandbox keeps the last slice of its current lease, and releases half of the next one', () => {
    const { world } = createCoreWithLease(2, { sliceMs: 0.1 });
    world.grant(2, 101, 20, { sliceMs: 0.1 });
    expect(world.do(recall('L1'))).toEqual([]);
    world.nowMs = 10_000;
    const effects = world.outcomes(1, 1, 1, false);
    expect(effectTypes(effects)).toContain('kill-sandbox');
    expect(effectsOfType(effects, 'release')).toMatchObject([{ leaseId: 'L101', from: 111, count: 10 }]);
  });
});
