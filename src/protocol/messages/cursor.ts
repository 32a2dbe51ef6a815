/**
 * A cursor as programs keep it: one number that holds the journal's row and the mark of the run of the store that wrote
 * it, so that a cursor from before an older copy was restored is not taken for one of another row.
 * @module
 */
import type { Cursor } from './messages.js';

/** Rows of one journal at most; above them stands the epoch. */
const ROWS = 2 ** 33;

/** Where a follower stands: the last row that it has read, and that row's epoch (0 where it is not known). */
export interface JournalPosition {
  seq: number;
  epoch: number;
}

export const JOURNAL_START: JournalPosition = { seq: 0, epoch: 0 };

/** The cursor of that position. */
export const toCursor = ({ seq, epoch }: JournalPosition): Cursor => (seq === 0 ? 0 : epoch * ROWS + seq);

/** The position of that cursor, a whole number from 0. */
export const fromCursor = (cursor: Cursor): JournalPosition => ({
  seq: cursor % ROWS,
  epoch: Math.floor(cursor / ROWS),
});
