import { expect, it } from 'vitest';
import { arrayOfHoles, hasHole, presentIndices } from './values-holes.js';

it.each<[string, unknown[], boolean]>([
  ['no items', [], false],
  ['items', [1, null], false],
  ['items that are undefined', [undefined, 1, undefined], false],
  ['a hole between items', [1, , undefined], true],
  ['only holes', arrayOfHoles(3), true],
])('whether an array with %s has a hole', (_, array, has) => {
  expect(hasHole(array)).toBe(has);
});

it('the present indices of an array are in order, and its other properties are not among them', () => {
  const array = arrayOfHoles(100);
  for (const index of [10, 9, 2]) array[index] = undefined;
  expect(presentIndices(Object.assign(array, { extra: 1, '01': 1, '-1': 1, 4294967295: 1 }))).toEqual([
    2, 9, 10,
  ]);
});
