/**
 * Inputs as they are stored (a segment's bytes, or a range's description) and as a lease carries them.
 * @module
 */
import type { Input, InputPart, RangeInput } from '../../../protocol/messages/messages.js';
import { sliceRange } from '../../../protocol/input/ranges.js';
import { sliceSegment } from '../../../protocol/segment/segment.js';
import { get, type Script } from './query-plan.js';

/** Parts of one lease: many small appends must not make a message of a thousand rows. */
const PARTS_MAX = 256;

interface InputRow {
  first: number;
  count: number;
  kind: string;
  body: Uint8Array;
}

/** The stored body of an input. */
export function encodeInput(input: Input): Uint8Array {
  return input.kind === 'segment' ? input.segment : new TextEncoder().encode(JSON.stringify(input));
}

/** Inputs of the slices from `first` on, `count` at most, and no more than `bytes` unless it is one slice. */
export function* leaseInputs(
  jobId: string,
  first: number,
  count: number,
  bytes: number,
): Script<{ parts: InputPart[]; count: number }> {
  const parts: InputPart[] = [];
  let done = 0;
  let left = bytes;
  while (done < count && parts.length < PARTS_MAX) {
    const row = yield* inputAt(jobId, first + done);
    const offset = first + done - row.first;
    const wanted = Math.min(row.count - offset, count - done);
    if (row.kind === 'range') {
      const range = JSON.parse(new TextDecoder().decode(row.body)) as RangeInput;
      parts.push({ first: first + done, input: sliceRange(range, offset, wanted) });
      done += wanted;
      continue;
    }
    // Envelopes of one segment are taken to be alike; where they are not, no part is larger than its whole segment.
    const perSlice = row.body.byteLength / row.count;
    const fits = Math.min(wanted, Math.floor(left / perSlice));
    if (fits < 1 && done > 0) break;
    const taken = Math.max(1, fits);
    const segment = sliceSegment(row.body, offset, taken);
    parts.push({ first: first + done, input: { kind: 'segment', count: taken, segment } });
    done += taken;
    left -= segment.byteLength;
    if (taken < wanted) break;
  }
  return { parts, count: done };
}

function* inputAt(jobId: string, slice: number): Script<InputRow> {
  const row = yield* get<InputRow>(
    'SELECT first, count, kind, body FROM inputs WHERE job_id = ? AND first <= ? ORDER BY first DESC LIMIT 1',
    jobId,
    slice,
  );
  if (row === undefined || slice >= row.first + row.count) {
    throw new Error(`the store has no input for slice ${slice} of job ${jobId}`);
  }
  return row;
}
