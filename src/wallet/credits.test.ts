import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNITS_MAX } from '../lib/units.js';
import { formatCredits, toUnits, UNITS_PER_CREDIT } from './credits.js';

describe('toUnits', () => {
  it.each([
    [0, 0n],
    [-0, 0n],
    [1, 10n ** 9n],
    [0.1, 10n ** 8n],
    [0.3, 3n * 10n ** 8n],
    [1e-9, 1n],
    [1.5e-8, 15n],
    [2.5e3, 2_500n * 10n ** 9n],
    ['0.000000001', 1n],
    ['1.000000001', 10n ** 9n + 1n],
    ['1.50000000000000000', 1_500_000_000n],
    [' 12 ', 12n * 10n ** 9n],
    ['1E2', 100n * 10n ** 9n],
    [7n, 7n * 10n ** 9n],
    ['9223372036.854775807', UNITS_MAX],
    ['0e999', 0n],
  ])('%s is %s units', (credits, units) => {
    expect(toUnits(credits)).toBe(units);
  });

  it.each([
    {} as never,
    Object.create(null) as never,
    [5] as never,
    -1,
    Number.NaN,
    Infinity,
    1e-10,
    0.1234567891,
    1e10,
    '-0.5',
    '',
    '1.',
    '.5',
    '0x10',
    '1_000',
    '1,5',
    '9223372036.854775808',
    '1e999',
    '9'.repeat(40),
    -1n,
    10n ** 30n,
  ])('rejects %s', (credits) => {
    expect(() => toUnits(credits)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it.each([null, undefined, {}, [], true])('rejects %j', (credits) => {
    expect(() => toUnits(credits as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('is the inverse of formatCredits for every amount', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, UNITS_MAX), (units) => {
        expect(toUnits(formatCredits(units))).toBe(units);
      }),
    );
  });

  it('converts a number by the decimal that it prints as', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n), (units) => {
        // A double prints fifteen digits exactly.
        expect(toUnits(Number(formatCredits(units)))).toBe(units);
      }),
    );
  });
});

describe('formatCredits', () => {
  it.each([
    [0n, '0'],
    [1n, '0.000000001'],
    [UNITS_PER_CREDIT, '1'],
    [1_500_000_000n, '1.5'],
    [-1_500_000_000n, '-1.5'],
    [-1n, '-0.000000001'],
    [UNITS_MAX, '9223372036.854775807'],
  ])('%s units are %s', (units, text) => {
    expect(formatCredits(units)).toBe(text);
  });
});
