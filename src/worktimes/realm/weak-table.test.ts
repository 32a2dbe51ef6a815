import { expect, it } from 'vitest';
import { WeakTable } from './weak-table.js';

it('a weak table stores and finds values also after the methods of WeakMap were replaced', () => {
  const table = new WeakTable<number>();
  const key = {};
  const { get, set } = WeakMap.prototype;
  const tamper = () => {
    throw new Error('tampered with');
  };
  let found;
  try {
    Object.assign(WeakMap.prototype, { get: tamper, set: tamper });
    table.set(key, 7);
    found = [table.get(key), table.get({}), table.get(undefined)];
  } finally {
    Object.assign(WeakMap.prototype, { get, set });
  }
  expect(found).toEqual([7, undefined, undefined]);
});
