import { expect, it } from 'vitest';
import { setNewest } from './bounded-map.js';

it('a map that is full loses the entry that was set least recently', () => {
  const map = new Map<string, number>();
  for (const [key, value] of [['a', 1], ['b', 2], ['c', 3], ['a', 4], ['d', 5]] as const) setNewest(map, key, value, 3); // prettier-ignore
  expect([...map]).toEqual([['c', 3], ['a', 4], ['d', 5]]); // prettier-ignore
});

it('a map with more entries than its maximum shrinks to it', () => {
  const map = new Map([1, 2, 3, 4].map((key) => [key, key]));
  setNewest(map, 5, 5, 2);
  expect([...map.keys()]).toEqual([4, 5]);
});
