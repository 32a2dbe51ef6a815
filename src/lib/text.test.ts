/**
 * Text that was cut fits, and survives UTF-8.
 * @module
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutText } from './text.js';

it('cut text fits and survives UTF-8', () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)) });
  fc.assert(
    fc.property(text, fc.nat({ max: 20 }), (whole, max) => {
      const cut = cutText(whole, max);
      expect(cut.length).toBe(Math.min(max, whole.length));
      expect(new TextDecoder().decode(new TextEncoder().encode(cut))).toBe(cut.replace(/^\ufeff/, ''));
    }),
  );
});

it('keeps what fits, and no half of a character', () => {
  expect(cutText('✋🏽', 10)).toBe('✋🏽');
  expect(cutText('ab🏽', 3)).toBe('ab\ufffd');
});
