/**
 * Changes of a job's journal on its way to a follower, for `MessageTap.changeMessage`: what a lossy network does, and what a
 * scheduler that does not keep the protocol would send.
 * @module
 */
import type { JournalRow, SchedulerMessage, SegmentPart } from '../protocol/messages/messages.js';

type Change = (message: SchedulerMessage) => SchedulerMessage[];

const onJournal =
  (change: (rows: JournalRow[]) => JournalRow[][]): Change =>
  (message) => {
    if (message.type !== 'job.journal') return [message];
    return change(message.rows).map((rows) => ({ ...message, rows }));
  };

/** Sends at most so many rows in a message. */
export const splitRows = (count: number): Change =>
  onJournal((rows) =>
    Array.from({ length: Math.ceil(rows.length / count) }, (_, i) => rows.slice(i * count, (i + 1) * count)),
  );

/** Drops the rows with these numbers, each once. */
export function dropRows(seqs: Set<number>): Change {
  return onJournal((rows) => {
    const kept = rows.filter(({ seq }) => !seqs.delete(seq));
    return kept.length === 0 ? [] : [kept];
  });
}

/** Sends every message of rows twice. */
export const repeatRows: Change = (message) =>
  message.type === 'job.journal' ? [message, message] : [message];

/** Applies one change after the other. */
export const chain =
  (...changes: Change[]): Change =>
  (message) =>
    changes.reduce((messages, change) => messages.flatMap(change), [message]);

/** Replaces the parts of every row of outcomes. */
export function changeOutcomes(change: (parts: SegmentPart[]) => SegmentPart[]): Change {
  return onJournal((rows) => [
    rows.map((row) =>
      row.event.kind === 'outcomes'
        ? { ...row, event: { ...row.event, parts: change(row.event.parts) } }
        : row,
    ),
  ]);
}
