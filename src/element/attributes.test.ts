import { expect, it } from 'vitest';
import { complaintOfGroups, readChoice, readLimit, type LimitName } from './attributes.js';

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

it('takes a language and a theme that there are, and complains of others', () => {
  const complaints: string[] = [];
  const complain = (text: string): void => void complaints.push(text);
  expect([readChoice('lang', 'de', complain), readChoice('theme', null, complain)]).toEqual([
    'de',
    undefined,
  ]);
  expect(complaints).toEqual([]);
  expect([readChoice('lang', 'fr', complain), readChoice('theme', 'blue', complain)]).toEqual([
    undefined,
    undefined,
  ]);
  expect(complaints.join()).toMatch(/lang="fr" is none of en, de.*theme="blue" is none of light, dark/);
});

it('complains of groups that are none, and of only-groups without one', () => {
  expect(complaintOfGroups(undefined, 1, true)).toBeUndefined();
  expect(complaintOfGroups(undefined, 0, false)).toBeUndefined();
  expect(complaintOfGroups(undefined, 0, true)).toMatch(/nothing runs/);
  expect(complaintOfGroups('it is odd', 0, true)).toMatch(/it is odd.*nothing runs/);
});
