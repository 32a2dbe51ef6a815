import { expect, it } from 'vitest';
import { parseBytes, parseCredits, parseGroup, parseShare } from './parse-options.js';

it.each([
  ['0.5', 0.5],
  ['50%', 0.5],
  ['1', 1],
  ['100%', 1],
  ['.25', 0.25],
  ['2.5%', 0.025],
])('the parser of options parses the share %s', (text, share) => {
  expect(parseShare(text)).toBeCloseTo(share, 12);
});

it.each(['0', '0%', '1.1', '101%', '-0.5', 'half', '', '1e-1'])(
  'the parser of options rejects the share "%s"',
  (text) => {
    expect(() => parseShare(text)).toThrow('above 0 and at most 1');
  },
);

it.each([
  ['1', 1],
  ['500MB', 500_000_000],
  ['1.5 gb', 1_500_000_000],
  ['2GiB', 2_147_483_648],
])('the parser of options parses the size %s', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

it.each(['0', '-1', '1PB', 'MB', '', '1e9', '0.1'])('the parser of options rejects the size "%s"', (text) => {
  expect(() => parseBytes(text)).toThrow('It must be a size');
});

it('credits are parsed to units, and groups to their joinKey and joinSecret', () => {
  expect(parseCredits('0.001')).toBe(1_000_000n);
  expect(() => parseCredits('a lot')).toThrow('It must be an amount of credits');
  expect(parseGroup('lab')).toEqual({ joinKey: 'lab' });
  expect(parseGroup('lab,a,b')).toEqual({ joinKey: 'lab', joinSecret: 'a,b' });
});
