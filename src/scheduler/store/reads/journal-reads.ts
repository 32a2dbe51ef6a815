/**
 * Query plans that only read journals and outcomes: they see only committed data.
 * @module
 */
import type { JournalEvent, SegmentPart } from '../../../protocol/messages/messages.js';
import type { JournalPage } from '../port/store.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { countIn, selectLazily, selectMany, selectOne } from '../rows/table-plans.js';
import { JOURNAL, OUTCOMES } from '../schema/slice-tables.js';

/** Largest number of journal rows in one read. */
const JOURNAL_PAGE = 64;
/** Largest number of outcome parts in one read, unless one row has more: each part is several values of a message. */
const JOURNAL_PARTS_MAX = 1_024;

const rowsAfter = selectLazily(
  JOURNAL,
  ['seq', 'atMs', 'event', 'status', 'epoch'],
  `WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ${JOURNAL_PAGE}`,
);
const countParts = countIn(OUTCOMES, 'job_id = ? AND seq = ?');
const partsOfRow = selectMany(
  OUTCOMES,
  ['first', 'count', 'segment'],
  'WHERE job_id = ? AND seq = ? ORDER BY first',
);

/** Rows after row `after`, in order, until they exceed `bytes` of segments; at least one if there is one. */
export function* readJournal(jobId: string, after: number, bytes: number): QueryPlan<JournalPage> {
  const rows: JournalPage['rows'] = [];
  const stored = yield* rowsAfter(jobId, after);
  let left = bytes;
  let partsLeft = JOURNAL_PARTS_MAX;
  for (const { seq, epoch, atMs, status, event } of stored.records) {
    if (left <= 0) break;
    let full: JournalEvent;
    if (event.kind === 'outcomes') {
      partsLeft -= yield* countParts(jobId, seq);
      if (partsLeft < 0 && rows.length > 0) break;
      full = { kind: 'outcomes', parts: yield* partsOfRow(jobId, seq) };
      for (const part of full.parts) left -= part.segment.byteLength;
    } else full = event;
    rows.push({ seq, epoch, atMs, status, event: full });
  }
  return { rows, atEnd: stored.count < JOURNAL_PAGE && rows.length === stored.count };
}

const findEpoch = selectOne(JOURNAL, ['epoch'], 'WHERE job_id = ? AND seq = ?');

/** The epoch of that journal row; undefined when there is no such row. */
export function* readEpoch(jobId: string, seq: number): QueryPlan<number | undefined> {
  return (yield* findEpoch(jobId, seq))?.epoch;
}

/** Largest number of output rows in one read. */
const RESULTS_PAGE = 64;

const lastOutputUpTo = selectOne(
  OUTCOMES,
  ['first'],
  'WHERE job_id = ? AND first <= ? ORDER BY first DESC LIMIT 1',
);
const outputsBetween = selectMany(
  OUTCOMES,
  ['first', 'count'],
  `WHERE job_id = ? AND first >= ? AND first <= ? ORDER BY first LIMIT ${RESULTS_PAGE}`,
);
const findSegment = selectOne(OUTCOMES, ['segment'], 'WHERE job_id = ? AND first = ?');

/** Outcomes of slices `from` to `to` as whole stored segments, in order; the caller slices the first and last one. */
export function* readResults(
  jobId: string,
  from: number,
  to: number,
  bytes: number,
): QueryPlan<{ parts: SegmentPart[]; next?: number }> {
  const start = yield* lastOutputUpTo(jobId, from);
  const rows = yield* outputsBetween(jobId, start?.first ?? from, to);
  const parts: SegmentPart[] = [];
  let left = bytes;
  for (const row of rows) {
    if (row.first + row.count <= from) continue;
    if (left <= 0) return { parts, next: row.first };
    const { segment } = (yield* findSegment(jobId, row.first))!;
    parts.push({ ...row, segment });
    left -= segment.byteLength;
  }
  const last = rows.at(-1);
  return rows.length < RESULTS_PAGE || last === undefined
    ? { parts }
    : { parts, next: last.first + last.count };
}
