/**
 * Fetches the outcomes of finished slices by slice number, in any process of the job's owner.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { readOptions } from '../../lib/options.js';
import { JOB_SLICES_MAX } from '../../protocol/limits.js';
import { readCall, type CallOptions } from '../../client/jobs/call-options.js';
import type { DeployerContext } from '../connection/context.js';
import type { FetchedResult, ResultRange } from '../state/result-items.js';
import { readOutcomes } from './outcomes.js';

/**
 * The finished slices of the range, ordered by slice number; unfinished slices are left out.
 * @throws INVALID_ARGUMENT, JOB_UNKNOWN, NOT_OWNER
 */
export async function fetchJobResults<T>(
  context: DeployerContext,
  jobId: string,
  range?: ResultRange,
  options: CallOptions = {},
): Promise<FetchedResult<T>[]> {
  const { signal } = readCall(options, 'fetchResults');
  const { from, to, step } = readSliceRange(range);
  const found: FetchedResult<T>[] = [];
  const isRequested = (slice: number): boolean => (slice - from) % step === 0;
  const sink = {
    result: (slice: number, value: unknown): void => {
      if (isRequested(slice)) found.push({ slice, value: value as T });
    },
    failure: (slice: number, error: Error): void => {
      if (isRequested(slice)) found.push({ slice, error });
    },
  };
  const release = context.client.retain();
  try {
    for (let next: number | undefined = from; next !== undefined && next <= to;) {
      const reply = await context.client.request('job.results', { jobId, from: next, to }, { signal });
      for (const part of reply.parts) {
        await readOutcomes(part, sink, ({ digest, bytes: bytesMax }) =>
          context.blobs.get(digest, { bytesMax, signal }),
        );
      }
      next = checkNext(reply.next, next);
    }
  } finally {
    release();
  }
  return found.sort((a, b) => a.slice - b.slice);
}

/** First and last slice of a range, and its step. @throws INVALID_ARGUMENT */
export function readSliceRange(range: ResultRange | undefined): { from: number; to: number; step: number } {
  if (range === undefined) return { from: 1, to: JOB_SLICES_MAX, step: 1 };
  const { start, end, step = 1 } = Array.isArray(range) ? readPair(range) : readBounds(range);
  if (isCount(start) && isCount(end) && isCount(step) && start <= end) return { from: start, to: end, step };
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    'A range of slices must be [from, to] or { start, end, step? } with slice numbers, which start at 1.',
  );
}

function readPair(range: readonly unknown[]): { start?: unknown; end?: unknown; step?: unknown } {
  return range.length === 2 ? { start: range[0], end: range[1] } : {};
}

function readBounds(range: unknown): { start?: unknown; end?: unknown; step?: unknown } {
  return readOptions<{ start: number; end: number; step: number; group: number }>(
    range,
    'A range of slices',
    {
      start: true,
      end: true,
      step: true,
      // A RangeObject has this property.
      group: true,
    },
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** Checks that the scheduler makes progress: otherwise the loop would never end. */
function checkNext(next: number | undefined, before: number): number | undefined {
  if (next === undefined || next > before) return next;
  throw new ManyhandsError(
    'INTERNAL',
    `The scheduler replied to job.results from slice ${before} with slice ${next} as the next one.`,
  );
}
