import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LEASE_SLICES_MAX, LEASE_TARGET_MS } from '../../protocol/limits.js';
import { leaseSize, type LeaseSizeInput } from './lease-size.js';

const question = (change: Partial<LeaseSizeInput>): LeaseSizeInput => ({
  sliceMs: 1,
  reported: 10_000,
  pending: 1e9,
  leases: 0,
  rangeSlices: 1e9,
  isAlone: false,
  funded: Infinity,
  ...change,
});

test.each<[string, Partial<LeaseSizeInput>, number]>([
  ['of a job without an estimate', { sliceMs: undefined }, 1],
  ['of slices of a millisecond', {}, LEASE_TARGET_MS],
  ['of slices that take longer than a lease', { sliceMs: 60_000 }, 1],
  ['of slices that take no time at all', { sliceMs: 0, reported: 1e6 }, LEASE_SLICES_MAX],
  ['of a worker that has reported one slice', { reported: 1 }, 4],
  ['of a worker without reports, of a job with an estimate', { reported: 0 }, 4],
  ['of a slice that was lost', { isAlone: true }, 1],
  ['of a short range', { rangeSlices: 7 }, 7],
  ['of a job that can pay for three slices', { funded: 3 }, 3],
  ['of a job that can pay for none', { funded: 0 }, 0],
  ['of a lost slice that cannot be paid', { funded: 0, isAlone: true }, 0],
  [
    'at the end of a job, half of an equal share beside four leases',
    { pending: 1_000, rangeSlices: 1_000, leases: 4 },
    100,
  ],
  ['at the very tail, no less than is worth a commit', { pending: 100, rangeSlices: 100, leases: 4 }, 50],
  ['at the very tail, no more than there is', { pending: 20, rangeSlices: 20, leases: 4 }, 20],
  ['of the last slice', { pending: 1, rangeSlices: 1, leases: 50 }, 1],
])('the size of a lease %s', (_, change, count) => {
  expect(leaseSize(question(change))).toBe(count);
});

test('a lease has at least one funded slice, and never more than are pending or funded', () => {
  const sliceMs = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined });
  const count = fc.integer({ min: 1, max: 2 ** 53 - 1 });
  fc.assert(
    fc.property(
      fc.record({
        sliceMs,
        reported: fc.nat(),
        pending: count,
        leases: fc.nat(),
        rangeSlices: count,
        isAlone: fc.boolean(),
        funded: fc.oneof(fc.nat(), fc.constant(Infinity)),
      }),
      (q) => {
        const carved = leaseSize(q);
        expect(Number.isInteger(carved)).toBe(true);
        expect(carved).toBeLessThanOrEqual(Math.min(q.rangeSlices, q.funded, LEASE_SLICES_MAX));
        expect(carved === 0).toBe(q.funded < 1);
        if (q.isAlone) expect(carved).toBeLessThanOrEqual(1);
      },
    ),
  );
});
