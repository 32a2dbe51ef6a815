/**
 * Deletes outcomes of slices that run again. Outcomes are stored in segments of several slices, so those at the ends of the
 * range are cut.
 * @module
 */
import { SegmentReader, sliceSegment } from '../../../protocol/segment/segment.js';
import { OUTCOMES } from '../schema/slice-tables.js';
import type { QueryPlan } from './query-plan.js';
import { deleteFrom, insertInto, selectMany, selectOne } from './table-plans.js';

const lastUpTo = selectOne(
  OUTCOMES,
  ['first'],
  'WHERE job_id = ? AND first <= ? ORDER BY first DESC LIMIT 1',
);
const placesBetween = selectMany(
  OUTCOMES,
  ['first', 'count'],
  'WHERE job_id = ? AND first >= ? AND first <= ? ORDER BY first LIMIT ?',
);
const outcomesAt = selectOne(OUTCOMES, 'all', 'WHERE job_id = ? AND first = ?');
const insertOutcomes = insertInto(OUTCOMES);
const deleteOutcomes = deleteFrom(OUTCOMES, 'job_id = ? AND first = ?');

/**
 * Deletes the outcomes of slices `first` to `last`, each of which has one, from at most `max` stored segments.
 * @returns the last slice whose outcome was deleted, and the number of segments
 */
export function* cutOutcomes(
  jobId: string,
  first: number,
  last: number,
  max: number,
): QueryPlan<{ last: number; outcomes: number }> {
  const start = (yield* lastUpTo(jobId, first))!;
  const places = yield* placesBetween(jobId, start.first, last, max);
  let end = first - 1;
  for (const place of places) {
    const placeEnd = place.first + place.count - 1;
    end = Math.min(last, placeEnd);
    if (place.first < first || placeEnd > last) yield* cutSegment(jobId, place.first, first, last);
    else yield* deleteOutcomes(jobId, place.first);
  }
  return { last: end, outcomes: places.length };
}

/** Keeps of the segment at `place` what lies before `first` and behind `last`. */
function* cutSegment(jobId: string, place: number, first: number, last: number): QueryPlan<void> {
  const stored = (yield* outcomesAt(jobId, place))!;
  const end = place + stored.count - 1;
  yield* deleteOutcomes(jobId, place);
  for (const [from, to] of [
    [place, Math.min(end, first - 1)],
    [Math.max(place, last + 1), end],
  ] as const) {
    if (from > to) continue;
    const segment = partOfOutcomes(stored, from, to - from + 1);
    yield* insertOutcomes({ ...stored, first: from, count: to - from + 1, segment });
  }
}

/** The outcomes of `count` slices from `from` on; a segment of one envelope is the outcome of each of its slices. */
export function partOfOutcomes(
  stored: { readonly first: number; readonly count: number; readonly segment: Uint8Array },
  from: number,
  count: number,
): Uint8Array {
  if (stored.count > 1 && new SegmentReader(stored.segment).count === 1) return stored.segment;
  return sliceSegment(stored.segment, from - stored.first, count);
}
