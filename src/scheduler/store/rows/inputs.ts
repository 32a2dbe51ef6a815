/**
 * Inputs as stored (the bytes of a segment, or the description, such as of a range) and as parts of a lease.
 * @module
 */
import type { DescribedInput, Input, InputPart } from '../../../protocol/messages/messages.js';
import { sliceDescribed } from '../../../protocol/input/described-inputs.js';
import { sliceSegment } from '../../../protocol/segment/segment.js';
import { INPUTS } from '../schema/slice-tables.js';
import type { RecordOf } from '../schema/table.js';
import type { QueryPlan } from './query-plan.js';
import { selectOne } from './table-plans.js';

/** Largest number of input parts in one lease, for jobs with many small appends. */
const PARTS_MAX = 256;

type InputRow = Pick<RecordOf<typeof INPUTS>, 'first' | 'count' | 'kind' | 'body'>;

const lastInputUpTo = selectOne(
  INPUTS,
  ['first', 'count', 'kind', 'body'],
  'WHERE job_id = ? AND first <= ? ORDER BY first DESC LIMIT 1',
);

/** The stored body of an input. */
export function encodeInput(input: Input): Uint8Array {
  return input.kind === 'segment' ? input.segment : new TextEncoder().encode(JSON.stringify(input));
}

/** The inputs of at most `count` slices from `first` on, of at most about `bytes` in all unless it is one slice. */
export function* leaseInputs(
  jobId: string,
  first: number,
  count: number,
  bytes: number,
): QueryPlan<{ parts: InputPart[]; count: number }> {
  const parts: InputPart[] = [];
  let done = 0;
  let left = bytes;
  while (done < count && parts.length < PARTS_MAX) {
    const row = yield* inputAt(jobId, first + done);
    const offset = first + done - row.first;
    const needed = Math.min(row.count - offset, count - done);
    if (row.kind === 'range') {
      const described = JSON.parse(new TextDecoder().decode(row.body)) as DescribedInput;
      parts.push({ first: first + done, input: sliceDescribed(described, offset, needed) });
      done += needed;
      continue;
    }
    // The envelopes of a segment are assumed to have equal size; otherwise a part is at most the whole segment.
    const perSlice = row.body.byteLength / row.count;
    const fits = Math.min(needed, Math.floor(left / perSlice));
    if (fits < 1 && done > 0) break;
    const taken = Math.max(1, fits);
    const segment = sliceSegment(row.body, offset, taken);
    parts.push({ first: first + done, input: { kind: 'segment', count: taken, segment } });
    done += taken;
    left -= segment.byteLength;
    if (taken < needed) break;
  }
  return { parts, count: done };
}

function* inputAt(jobId: string, slice: number): QueryPlan<InputRow> {
  const row = yield* lastInputUpTo(jobId, slice);
  if (row === undefined || slice >= row.first + row.count) {
    throw new Error(`the store has no input for slice ${slice} of job ${jobId}`);
  }
  return row;
}
