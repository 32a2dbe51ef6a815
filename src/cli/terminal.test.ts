import { describe, expect, it } from 'vitest';
import { columnsOf, cut, fit, printable } from './terminal.js';

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

describe('printable', () => {
  it('takes from a stranger’s text what would steer the terminal', () => {
    expect(printable('a\u001b[2J\u0007b\r\nc\u009b31m\u202ed\u2028e')).toBe('a [2J b c 31m d e');
    expect(printable('Größe 大 é')).toBe('Größe 大 é');
  });
});
