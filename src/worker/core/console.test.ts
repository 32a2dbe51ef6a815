import { describe, expect, it } from 'vitest';
import {
  createCoreFixture,
  createCoreWithGrant,
  createCoreWithLease,
  JOB,
} from '../../testing/worker/core-fixture.js';

const output = (sliceNumber: number, slot = 0, epoch = 1) =>
  ({ type: 'console', slot, epoch, sliceNumber, level: 'log', message: 'hello', same: 1 }) as const;

describe('console output', () => {
  it('is passed on with the lease of its slice, also after the outcome of the slice', () => {
    const { world } = createCoreWithLease(10);
    const printed = {
      type: 'printed',
      slot: 0,
      leaseId: 'L1',
      jobId: JOB,
      sliceNumber: 1,
      level: 'log',
      message: 'hello',
      same: 1,
    };
    expect(world.do(output(1))).toEqual([printed]);
    world.outcomes(1, 1, 1, true);
    expect(world.do(output(1))).toEqual([printed]);
    expect(world.do(output(10))).toMatchObject([{ leaseId: 'L1', sliceNumber: 10 }]);
  });

  it('is dropped for a slice of no lease, of a lease of another slot, or of a lease of another job', () => {
    const world = createCoreFixture(2);
    world.do({ type: 'online' });
    world.grant(1, 1, 10, { sliceMs: 1 });
    world.grant(2, 101, 10, { sliceMs: 1 });
    world.ready(1);
    world.ready(2, 1);
    world.grant(3, 201, 10, { jobId: 'other' });
    const { slot } = world.state.leases.get('L201')!;
    for (const sliceNumber of [0, 11, 201, 210, slot === 0 ? 101 : 1])
      expect(world.do(output(sliceNumber, slot, slot + 1))).toEqual([]);
    expect(world.do(output(slot === 0 ? 10 : 110, slot, slot + 1))).toHaveLength(1);
  });

  it('is dropped from a sandbox that is being set up', () => {
    expect(createCoreWithGrant(10).do(output(1))).toEqual([]);
  });
});
