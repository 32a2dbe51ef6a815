import { expect, it } from 'vitest';
import { amountOf, presetOf, PRESETS } from './presets.js';

it.each([1, 2, 3, 4, 8, 64])(
  'of %i cores each word lends at least one, and no less than the word before',
  (all) => {
    const amounts = PRESETS.map((preset) => amountOf(preset, all));
    const lent = amounts.map(({ cores, share }) => cores * share);
    expect(lent).toEqual(lent.toSorted((a, b) => a - b));
    expect(Math.min(...amounts.map(({ cores }) => cores))).toBeGreaterThanOrEqual(1);
    expect(amounts.at(-1)).toEqual({ cores: all, share: 1 });
    expect(presetOf({ cores: all, share: 0.3 }, all)).toBeUndefined();
    expect(presetOf(amountOf('light', all), all)).toBe('light');
  },
);
