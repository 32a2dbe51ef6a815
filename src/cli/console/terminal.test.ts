import { describe, expect, it } from 'vitest';
import { columnsOf, cut, fit } from './terminal.js';

describe('fit', () => {
  it('fills, and cuts with an ellipsis', () => {
    expect(fit('abc', 5)).toBe('abc  ');
    expect(fit('abcde', 5)).toBe('abcde');
    expect(fit('abcdef', 5)).toBe('abcd…');
    expect(fit('ab def', 4)).toBe('ab… ');
  });
});

describe('cut', () => {
  it('leaves nothing wider than asked', () => {
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abc', 1)).toBe('…');
  });

  it('reckons with characters of two columns, and with those of several parts', () => {
    expect(columnsOf('折り畳み')).toBe(8);
    expect(cut('折り畳み', 6)).toBe('折り…');
    expect(columnsOf(fit('折り畳み', 6))).toBe(6);
    expect(cut('👩‍🔬👩‍🔬👩‍🔬', 4)).toBe('👩‍🔬…');
    expect(cut('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
  });
});
