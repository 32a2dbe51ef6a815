import { describe, expect, it } from 'vitest';
import { formatAmount, formatBytes, formatDuration, formatRate } from './format.js';

describe('formatDuration', () => {
  it.each([
    [0, '0.0 s'],
    [1_234, '1.2 s'],
    [9_960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [61_000, '1 min 1 s'],
    [3_599_600, '1 h 0 min'],
    [90 * 60_000, '1 h 30 min'],
  ])('says %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('numbers are formatted by the rules of the language', () => {
    expect(formatDuration(1_234, 'de')).toBe('1,2 s');
    expect(formatDuration(5_000 * 3_600_000, 'de')).toBe('5.000 h 0 min');
  });
});

it.each([
  [0n, 'en', '0'],
  [1_500_000_000n, 'de', '1,5'],
  [2n ** 62n, 'en', '4,611,686,018.427388'],
])('%d units in %s are formatted as %s credits', (units, language, text) => {
  expect(formatAmount(units, language)).toBe(text);
});

it.each([
  [0, '0 MiB'],
  [800, '0.01 MiB'],
  [40_000, '0.04 MiB'],
  [1_048_576 * 1.25, '1.3 MiB'],
  [1_048_576 * 300, '300 MiB'],
  [1_048_576 * 2_048, '2,048 MiB'],
])('%d bytes are formatted as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it('a small rate has one decimal', () => {
  expect([formatRate(0), formatRate(0.45), formatRate(12_345.6)]).toEqual(['0', '0.5', '12,346']);
});
