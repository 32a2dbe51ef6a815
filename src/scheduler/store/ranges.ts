/**
 * A job's slices as disjoint ranges with a state. Neighbours that say the same are one row, so a billion slices that
 * nobody has leased, or that are all done, cost one row.
 * @module
 */
import { get, run, type Script } from './script.js';

export type RangeState = 'pending' | 'leased' | 'accepted' | 'failed';

export interface RangeRow {
  first: number;
  last: number;
  state: RangeState;
  lost: number;
  thrown: number;
  lease_id: string | null;
}

const COLUMNS = 'first, last, state, lost, thrown, lease_id';

/** The first range of that job in that state. */
export function* firstRange(jobId: string, state: RangeState): Script<RangeRow | undefined> {
  return yield* get<RangeRow>(
    `SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND state = ? ORDER BY first LIMIT 1`,
    jobId,
    state,
  );
}

/** The range that begins at `first`. */
export function* rangeAt(jobId: string, first: number): Script<RangeRow | undefined> {
  return yield* get<RangeRow>(`SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND first = ?`, jobId, first);
}

/** Takes the range that begins at `first` away; the caller puts others in its place. */
export function* removeRange(jobId: string, first: number): Script<void> {
  yield* run('DELETE FROM ranges WHERE job_id = ? AND first = ?', jobId, first);
}

/** Moves the beginning of a range up: what was in front of it has become something else. */
export function* shortenRange(jobId: string, first: number, newFirst: number): Script<void> {
  yield* run('UPDATE ranges SET first = ? WHERE job_id = ? AND first = ?', newFirst, jobId, first);
}

/** Puts slices into a state, where no range covers them, and joins them with like neighbours. */
export function* putRange(
  jobId: string,
  range: Omit<RangeRow, 'lease_id'> & { lease_id?: string },
): Script<void> {
  const { first, state, lost, thrown } = range;
  let last = range.last;
  if (state !== 'leased') {
    const alike = (row: RangeRow): boolean =>
      row.state === state && row.lost === lost && row.thrown === thrown;
    const after = yield* rangeAt(jobId, last + 1);
    if (after !== undefined && alike(after)) {
      yield* removeRange(jobId, after.first);
      last = after.last;
    }
    const before = yield* get<RangeRow>(
      `SELECT ${COLUMNS} FROM ranges WHERE job_id = ? AND first < ? ORDER BY first DESC LIMIT 1`,
      jobId,
      first,
    );
    if (before?.last === first - 1 && alike(before)) {
      yield* run('UPDATE ranges SET last = ? WHERE job_id = ? AND first = ?', last, jobId, before.first);
      return;
    }
  }
  yield* run(
    `INSERT INTO ranges (job_id, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    jobId,
    first,
    last,
    state,
    lost,
    thrown,
    range.lease_id ?? null,
  );
}
