import { describe, expect, it } from 'vitest';
import { formatDuration } from './format.js';

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
});
