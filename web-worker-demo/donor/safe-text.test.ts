import { describe, expect, it } from 'vitest';
import { safeLink, safeText, shortAddress } from './safe-text.js';

describe('safeText', () => {
  it.each([
    ['a job', 'a job'],
    ['turned \u202egpj.exe', 'turned gpj.exe'],
    ['isolate \u2066x\u2069 end', 'isolate x end'],
    ['zero\u200bwidth', 'zero width'],
    ['two\n\nlines\tand tabs', 'two lines and tabs'],
    ['tag \u{e0041}\u{e0042}', 'tag'],
    [`z${'\u0336'.repeat(90)}algo`, `z${'\u0336'.repeat(3)}algo`],
    ['<b>bold</b>', '<b>bold</b>'],
    [undefined, ''],
    [{ name: 'x' }, ''],
  ])('shows %j as %j', (text, shown) => {
    expect(safeText(text, 80)).toBe(shown);
  });

  it('safe text is truncated between characters, never within one', () => {
    expect(safeText('😀'.repeat(100), 5)).toBe('😀😀😀😀…');
    expect(safeText('x'.repeat(10_000_000), 8)).toHaveLength(8);
  });
});

describe('safeLink', () => {
  it.each([
    ['https://example.org/a?b#c', 'https://example.org/a?b#c'],
    ['http://example.org/', undefined],
    ['javascript:alert(1)', undefined],
    ['data:text/html,x', undefined],
    ['https://user:pass@example.org/', undefined],
    ['//example.org', undefined],
    [`https://example.org/${'x'.repeat(3_000)}`, undefined],
    [undefined, undefined],
  ])('takes %j as %j', (link, taken) => {
    expect(safeLink(link)).toBe(taken);
  });
});

it('an address is shortened to its first and last digits', () => {
  expect(shortAddress(`0x${'ab'.repeat(20)}`)).toBe('0xababab…abab');
  expect(shortAddress('short')).toBe('short');
});
