import { expect, it } from 'vitest';
import { groupsWarning, readChoice, readLimit, type LimitName } from './attributes.js';

const read = (name: LimitName, text: string | null): [number | undefined, string[]] => {
  const warnings: string[] = [];
  return [readLimit(name, text, (complaint) => warnings.push(complaint)), warnings];
};

it('the element reads limits without a warning for absent ones', () => {
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
  const [value, warnings] = read(name, text);
  expect(value).toBeUndefined();
  expect(warnings).toEqual([expect.stringContaining(`${name}="${text}" is not a number`)]);
});

it('the element reads a known language and theme, and warns about others', () => {
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  expect([readChoice('lang', 'de', warn), readChoice('theme', null, warn)]).toEqual(['de', undefined]);
  expect(warnings).toEqual([]);
  expect([readChoice('lang', 'fr', warn), readChoice('theme', 'blue', warn)]).toEqual([undefined, undefined]);
  expect(warnings.join()).toMatch(/lang="fr" is not one of en, de.*theme="blue" is not one of light, dark/);
});

it('the element warns about invalid groups and about only-groups without a group', () => {
  expect(groupsWarning(undefined, 1, true)).toBeUndefined();
  expect(groupsWarning(undefined, 0, false)).toBeUndefined();
  expect(groupsWarning(undefined, 0, true)).toMatch(/no job runs/);
  expect(groupsWarning('it is odd', 0, true)).toMatch(/it is odd.*no job runs/);
});
