import { expect, it } from 'vitest';
import { parseBytes, parseCredits, parseGroup, parseShare } from './parse-options.js';

it.each([
  ['0.5', 0.5],
  ['50%', 0.5],
  ['1', 1],
  ['100%', 1],
  ['.25', 0.25],
  ['2.5%', 0.025],
])('a share of %s', (text, share) => {
  expect(parseShare(text)).toBeCloseTo(share, 12);
});

it.each(['0', '0%', '1.1', '101%', '-0.5', 'half', '', '1e-1'])('no share of "%s"', (text) => {
  expect(() => parseShare(text)).toThrow('above 0 and up to 1');
});

it.each([
  ['1', 1],
  ['500MB', 500_000_000],
  ['1.5 gb', 1_500_000_000],
  ['2GiB', 2_147_483_648],
])('a size of %s', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

it.each(['0', '-1', '1PB', 'MB', '', '1e9', '0.1'])('no size of "%s"', (text) => {
  expect(() => parseBytes(text)).toThrow('Write a size');
});

it('credits become units, and groups their key and secret', () => {
  expect(parseCredits('0.001')).toBe(1_000_000n);
  expect(() => parseCredits('a lot')).toThrow('Write credits');
  expect(parseGroup('lab')).toEqual({ key: 'lab' });
  expect(parseGroup('lab,a,b')).toEqual({ key: 'lab', secret: 'a,b' });
});
