import { describe, expect, it } from 'vitest';
import { cut, fit, printable } from './terminal.js';

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
});

describe('printable', () => {
  it('takes from a stranger’s text what would steer the terminal', () => {
    expect(printable('a\u001b[2J\u0007b\r\nc\u009b31m\u202ed\u2028e')).toBe('a [2J b c 31m d e');
    expect(printable('Größe 大 é')).toBe('Größe 大 é');
  });
});
