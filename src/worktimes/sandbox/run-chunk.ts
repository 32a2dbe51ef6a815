/**
 * Runs several cheap slices in one call of a runtime that has a loop of its own. Slices that the runtime leaves out are
 * run one by one as usual; console output and progress are attributed to the slice that produced them.
 * @module
 */
import type { BatchContext } from './batch-context.js';
import type { ChunkOutcome } from '../runtime/runtime.js';
import type { SliceInput } from './slice-input.js';
import { withoutFrames } from '../runtime/work-error.js';

/** Slices in one call at most. */
const CHUNK_MAX = 256;
/** Slices in one call at least: fewer are not worth it. */
const CHUNK_MIN = 8;

/** `from` and `to` (exclusive) are indices from 0; `first` is the number of the input's first slice. */
export interface ChunkRange {
  readonly first: number;
  readonly from: number;
  readonly to: number;
}

/** Runs slices from `from` on and writes their outcomes; returns how many, possibly 0. Async only for a pending result. */
export function runChunk(
  slices: SliceInput,
  { first, from, to }: ChunkRange,
  context: BatchContext,
): number | Promise<number> {
  const { work, reporter, writer, now } = context;
  const { chunks } = work;
  if (chunks === undefined || to - from < CHUNK_MIN) return 0;
  const data = readData(slices, from, Math.min(to, from + CHUNK_MAX));
  if (data.length < CHUNK_MIN || !chunks.isSuitable) return 0;
  let outcome: ChunkOutcome;
  reporter.locateSlice = () => first + from + chunks.currentIndex();
  try {
    outcome = chunks.run(data);
  } catch (error) {
    // No fault of the job: if the runtime broke, `explain` ends the sandbox.
    work.explain(error);
    return 0;
  } finally {
    reporter.locateSlice = undefined;
    if (reporter.hasPending) reporter.endSlice();
  }
  // From the one that gave itself back on, slices are run one by one.
  const rejected = reporter.controls.rejection?.sliceNumber;
  const count = Math.min(outcome.results.length, (rejected ?? Infinity) - first - from);
  reporter.controls.rejection = undefined;
  for (let i = 0; i < count; i++) {
    const result = outcome.results[i];
    if (i === count - 1 && isThenable(result)) {
      reporter.sliceNumber = first + from + i;
      return writeLast(result, count, context);
    }
    write(result, outcome.errors.get(i), context);
    if (writer.isFull) writer.flush(now(), false);
  }
  return count;
}

function write(result: unknown, error: Error | undefined, { writer }: BatchContext): void {
  try {
    if (error === undefined) writer.addValue(result);
    else writer.addError(error);
  } catch (thrown) {
    writer.addError(withoutFrames(thrown));
  }
}

/** Awaits and writes the last result. Only the last one may be a promise: a promise ends the chunk. */
async function writeLast(
  result: PromiseLike<unknown>,
  count: number,
  context: BatchContext,
): Promise<number> {
  const { work, reporter } = context;
  let settled: unknown;
  let error: Error | undefined;
  try {
    settled = await result;
  } catch (thrown) {
    error = work.explain(thrown);
  }
  write(settled, error, context);
  work.endSlice?.();
  if (reporter.hasPending) reporter.endSlice();
  return count;
}

/** Whether a result must be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Reads data up to the first that is malformed, which becomes the error of its own slice. */
function readData(slices: SliceInput, from: number, to: number): unknown[] {
  const data: unknown[] = [];
  try {
    for (let i = from; i < to; i++) data.push(slices.datum(i));
  } catch {
    return data;
  }
  return data;
}
