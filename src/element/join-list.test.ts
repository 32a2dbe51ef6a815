import { expect, it } from 'vitest';
import { GROUPS_MAX, JOINED_GROUPS_MAX } from '../protocol/limits.js';
import { readJoin } from './join-list.js';

const many = (count: number): string => Array.from({ length: count }, (_, i) => `g${i},s`).join(' ');

it('the list of groups to join accepts as many groups as a worker can join besides the public one', () => {
  const { groups, problem } = readJoin(many(JOINED_GROUPS_MAX));
  expect(problem).toBeUndefined();
  expect(groups).toHaveLength(GROUPS_MAX - 1);
});

it.each([
  [null, []],
  ['  ', []],
  ['lab', [{ joinKey: 'lab' }]],
  ['lab,', [{ joinKey: 'lab' }]],
  ['my%20lab,se%2Ccret', [{ joinKey: 'my lab', joinSecret: 'se,cret' }]],
  [
    ' lab,a  https://s.example/#join=sea%20side,b\n',
    [
      { joinKey: 'lab', joinSecret: 'a' },
      { joinKey: 'sea side', joinSecret: 'b' },
    ],
  ],
  ['lab,a lab,b', [{ joinKey: 'lab', joinSecret: 'b' }]],
])('the list of groups to join parses %j', (text, groups) => {
  expect(readJoin(text)).toEqual({ groups });
});

it.each([
  ['my lab,secret', /part 1 of it has no comma.*%20/],
  ['%zz,secret', /part 1 of it is not "key,secret"/],
  ['lab,a ,secret', /part 2 of it is not/],
  [',secret', /part 1 of it is not/],
  [`${'k'.repeat(129)},s`, /part 1 of it is not/],
  [many(JOINED_GROUPS_MAX + 1), /names 16 groups.*at most 15/],
])('the list of groups to join rejects %j as a whole, with an error without the secret', (text, why) => {
  const { groups, problem } = readJoin(text);
  expect(groups).toEqual([]);
  expect(problem).toMatch(why);
  expect(problem?.replace('key,secret', '')).not.toContain('secret,');
});
