import { describe, expect, it } from 'vitest';
import { columnsOf, truncate, fit } from './terminal.js';

describe('fit', () => {
  it('pads, and truncates with an ellipsis', () => {
    expect(fit('abc', 5)).toBe('abc  ');
    expect(fit('abcde', 5)).toBe('abcde');
    expect(fit('abcdef', 5)).toBe('abcd…');
    expect(fit('ab def', 4)).toBe('ab… ');
  });
});

describe('truncate', () => {
  it('returns at most the requested width', () => {
    expect(truncate('abc', 3)).toBe('abc');
    expect(truncate('abc', 1)).toBe('…');
  });

  it('counts wide characters and grapheme clusters correctly', () => {
    expect(columnsOf('折り畳み')).toBe(8);
    expect(truncate('折り畳み', 6)).toBe('折り…');
    expect(columnsOf(fit('折り畳み', 6))).toBe(6);
    expect(truncate('👩‍🔬👩‍🔬👩‍🔬', 4)).toBe('👩‍🔬…');
    expect(truncate('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
  });
});
