import fc from 'fast-check';
import { expect, it } from 'vitest';
import { truncateText } from './text.js';

it('truncated text has at most the asked length and is the same after UTF-8', () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)) });
  fc.assert(
    fc.property(text, fc.nat({ max: 20 }), (whole, max) => {
      const short = truncateText(whole, max);
      expect(short.length).toBe(Math.min(max, whole.length));
      expect(new TextDecoder().decode(new TextEncoder().encode(short))).toBe(short.replace(/^\ufeff/, ''));
    }),
  );
});

it('text within the limit is kept whole; half a character is replaced', () => {
  expect(truncateText('✋🏽', 10)).toBe('✋🏽');
  expect(truncateText('ab🏽', 3)).toBe('ab\ufffd');
});
