import { expect, it } from 'vitest';
import { readLimit, type LimitName } from './attributes.js';

const read = (name: LimitName, text: string | null): [number | undefined, string[]] => {
  const complaints: string[] = [];
  return [readLimit(name, text, (complaint) => complaints.push(complaint)), complaints];
};

it('reads limits, and says nothing of those that are not there', () => {
  expect(read('cores', ' 2 ')).toEqual([2, []]);
  expect(read('share', '0.5')).toEqual([0.5, []]);
  expect(read('bytes-per-day', '1e9')).toEqual([1e9, []]);
  expect(read('cores', null)).toEqual([undefined, []]);
  expect(read('share', '')).toEqual([undefined, []]);
});

it.each([
  ['cores', 'lots'],
  ['cores', '0'],
  ['share', '50%'],
  ['share', '50'],
  ['share', '0'],
  ['bytes-per-day', '-1'],
] as const)('tells of a limit that is none: %s="%s"', (name, text) => {
  const [value, complaints] = read(name, text);
  expect(value).toBeUndefined();
  expect(complaints).toEqual([expect.stringContaining(`${name}="${text}" is not a number`)]);
});
