import { expect, it } from 'vitest';
import { fromCursor, JOURNAL_START, toCursor } from './cursor.js';

it.each([
  [{ seq: 1, epoch: 0 }, 1],
  [{ seq: 5, epoch: 1 }, 2 ** 33 + 5],
  [{ seq: 2 ** 33 - 1, epoch: 2 ** 20 - 1 }, 2 ** 53 - 1],
])('the position %j is the cursor %i, and back', (position, cursor) => {
  expect(toCursor(position)).toBe(cursor);
  expect(fromCursor(cursor)).toEqual(position);
});

it('the start of a journal is the cursor 0, in whichever epoch', () => {
  expect(toCursor({ seq: 0, epoch: 3 })).toBe(0);
  expect(fromCursor(0)).toEqual(JOURNAL_START);
});
