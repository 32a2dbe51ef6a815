import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UNITS_MAX } from '../../protocol/limits.js';
import { escrowTarget, formatUnits, fundedSlices } from './price.js';

const units = fc.bigInt({ min: 0n, max: UNITS_MAX });

test('the escrow target exceeds neither the ceiling nor the cost of all slices', () => {
  fc.assert(
    fc.property(units, fc.nat(), units, (price, total, ceiling) => {
      const target = escrowTarget(price, total, ceiling);
      expect(target <= ceiling && target <= price * BigInt(total)).toBe(true);
      expect(target === ceiling || target === price * BigInt(total)).toBe(true);
    }),
  );
});

test('the escrow pays for the leased and the funded slices, and for no further one', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 1_000n }),
      fc.bigInt({ min: 0n, max: 10n ** 9n }),
      fc.nat(50),
      (price, escrow, leased) => {
        const more = fundedSlices(price, escrow, leased);
        expect(more).toBeGreaterThanOrEqual(0);
        if (more > 0) expect(price * BigInt(leased + more) <= escrow).toBe(true);
        expect(price * BigInt(leased + more + 1) > escrow).toBe(true);
      },
    ),
  );
});

test('slices at price 0 are always funded', () => {
  expect(fundedSlices(0n, 0n, 10)).toBe(Infinity);
});

test.each([
  [0n, '0'],
  [1n, '0.000000001'],
  [10n ** 9n, '1'],
  [1_500_000_000n, '1.5'],
  [-1n, '-0.000000001'],
  [UNITS_MAX, '9223372036.854775807'],
])('%s units are %s credits', (amount, text) => {
  expect(formatUnits(amount)).toBe(text);
});
