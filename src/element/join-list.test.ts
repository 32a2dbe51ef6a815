import { expect, it } from 'vitest';
import { GROUPS_MAX, JOINED_GROUPS_MAX } from '../protocol/limits.js';
import { readJoin } from './join-list.js';

const many = (count: number): string => Array.from({ length: count }, (_, i) => `g${i},s`).join(' ');

it('takes as many groups as a worker has room for beside the public one', () => {
  const { groups, problem } = readJoin(many(JOINED_GROUPS_MAX));
  expect(problem).toBeUndefined();
  expect(groups).toHaveLength(GROUPS_MAX - 1);
});

it.each([
  [null, []],
  ['  ', []],
  ['lab', [{ key: 'lab' }]],
  ['lab,', [{ key: 'lab' }]],
  ['my%20lab,se%2Ccret', [{ key: 'my lab', secret: 'se,cret' }]],
  [
    ' lab,a  https://s.example/#join=sea%20side,b\n',
    [
      { key: 'lab', secret: 'a' },
      { key: 'sea side', secret: 'b' },
    ],
  ],
  ['lab,a lab,b', [{ key: 'lab', secret: 'b' }]],
])('reads %j', (text, groups) => {
  expect(readJoin(text)).toEqual({ groups });
});

it.each([
  ['my lab,secret', /part 1 has no comma.*%20/],
  ['%zz,secret', /part 1 is not "key,secret"/],
  ['lab,a ,secret', /part 2 is not/],
  [',secret', /part 1 is not/],
  [`${'k'.repeat(129)},s`, /part 1 is not/],
  [many(JOINED_GROUPS_MAX + 1), /names 16 groups.*at most 15/],
])('takes nothing of %j, and says why without the secret', (text, why) => {
  const { groups, problem } = readJoin(text);
  expect(groups).toEqual([]);
  expect(problem).toMatch(why);
  expect(problem?.replace('key,secret', '')).not.toContain('secret,');
});
