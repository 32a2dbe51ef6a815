import { describe, expect, it } from 'vitest';
import { bytes, pattern, truncatedText } from './scalars.js';

describe('a truncated text', () => {
  it('is the beginning of a longer one', () => {
    expect(['', 'abc', 'abcd'].map(truncatedText(3))).toEqual(['', 'abc', 'abc']);
  });

  it.each([5, null, ['abc'], Object('abc')])('is not made of %o', (value) => {
    expect(() => truncatedText(3)(value)).toThrow();
  });
});

it('a text that has to match a pattern is no value whose text matches', () => {
  const digits = pattern(/^\d+$/, 'digits');
  expect(digits('12')).toBe('12');
  for (const value of [12, ['12'], Object('12')]) expect(() => digits(value)).toThrow();
});

it('bytes in a buffer more than eight times as large are copied, others are not', () => {
  const buffer = new ArrayBuffer(81);
  const [small, large] = [new Uint8Array(buffer, 0, 10), new Uint8Array(buffer, 0, 11)];
  expect(bytes(100)(large)).toBe(large);
  const copy = bytes(100)(small);
  expect(copy).toEqual(small);
  expect(copy.buffer.byteLength).toBe(10);
});
