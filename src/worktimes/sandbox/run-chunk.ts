/**
 * Several cheap slices in one call of a runtime that has a loop of its own. What it leaves, for whatever reason, goes the
 * ordinary way, one by one; what is said meanwhile is told of the slice that said it.
 * @module
 */
import type { BatchTools } from './batch-tools.js';
import type { ChunkOutcome } from '../runtime/runtime.js';
import type { SliceInput } from './slice-input.js';
import { withoutFrames } from '../runtime/work-error.js';

/** Slices in one call at most. */
const CHUNK_MAX = 256;
/** Fewer are not worth a call. */
const CHUNK_MIN = 8;

/** `from` and `to` (which is left out) count from 0; `first` is the number of the input's first slice. */
export interface ChunkPlace {
  readonly first: number;
  readonly from: number;
  readonly to: number;
}

/** Runs slices from `from` on and writes their outcomes; says how many, which may be none. Waits only for a promise. */
export function runChunk(
  slices: SliceInput,
  { first, from, to }: ChunkPlace,
  tools: BatchTools,
): number | Promise<number> {
  const { work, signs, writer, now } = tools;
  const { chunks } = work;
  if (chunks === undefined || to - from < CHUNK_MIN) return 0;
  const data = dataOf(slices, from, Math.min(to, from + CHUNK_MAX));
  if (data.length < CHUNK_MIN || !chunks.suits) return 0;
  let outcome: ChunkOutcome;
  signs.locate = () => first + from + chunks.at();
  try {
    outcome = chunks.run(data);
  } catch (error) {
    // Not the job's doing: a runtime that broke ends the sandbox with this.
    work.explain(error);
    return 0;
  } finally {
    signs.locate = undefined;
    if (signs.pending) signs.endSlice();
  }
  const count = outcome.results.length;
  for (let i = 0; i < count; i++) {
    const result = outcome.results[i];
    if (i === count - 1 && isThenable(result)) {
      signs.sliceNumber = first + from + i;
      return settleLast(result, count, tools);
    }
    write(result, outcome.errors.get(i), tools);
    if (writer.full) writer.flush(now(), false);
  }
  return count;
}

function write(result: unknown, error: Error | undefined, { writer }: BatchTools): void {
  try {
    if (error === undefined) writer.addValue(result);
    else writer.addError(error);
  } catch (thrown) {
    writer.addError(withoutFrames(thrown));
  }
}

/** Only the last one of a chunk may be a promise: it is what ended it. */
async function settleLast(result: PromiseLike<unknown>, count: number, tools: BatchTools): Promise<number> {
  const { work, signs } = tools;
  let settled: unknown;
  let error: Error | undefined;
  try {
    settled = await result;
  } catch (thrown) {
    error = work.explain(thrown);
  }
  write(settled, error, tools);
  work.endSlice?.();
  if (signs.pending) signs.endSlice();
  return count;
}

/** Whether a result has to be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Up to the first that cannot be read: that is its own slice's trouble. */
function dataOf(slices: SliceInput, from: number, to: number): unknown[] {
  const data: unknown[] = [];
  try {
    for (let i = from; i < to; i++) data.push(slices.datum(i));
  } catch {
    return data;
  }
  return data;
}
