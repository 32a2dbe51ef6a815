/**
 * A cursor as programs store it: one number that holds the journal's row number and the epoch of the run of the store
 * that wrote the row. So a cursor from before a backup was restored is not mistaken for another row of that number.
 * @module
 */
import type { Cursor } from './messages.js';

/** Row numbers are below this; the epoch is multiplied by it. */
const ROWS = 2 ** 33;

/** The last row that a follower has read, and that row's epoch (0 where it is not known). */
export interface JournalPosition {
  seq: number;
  epoch: number;
}

export const JOURNAL_START: JournalPosition = { seq: 0, epoch: 0 };

/** The cursor of that position. */
export const toCursor = ({ seq, epoch }: JournalPosition): Cursor => (seq === 0 ? 0 : epoch * ROWS + seq);

/** The position of that cursor, an integer from 0. */
export const fromCursor = (cursor: Cursor): JournalPosition => ({
  seq: cursor % ROWS,
  epoch: Math.floor(cursor / ROWS),
});
