/**
 * The requests of a job's owner to cancel or to retry slices. Each has an id of its own, so that it is not done twice when it
 * is sent again after a lost reply; a large range takes several, one after another.
 * @module
 */
import { newId } from '../../lib/crypto/ids.js';
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue } from '../../lib/options.js';
import { JOB_SLICES_MAX } from '../../protocol/limits.js';
import type { JobStatus } from '../../protocol/messages/messages.js';
import type { DeployerContext } from '../connection/context.js';
import { readSliceRange } from '../results/fetch-results.js';
import type { ResultRange } from '../state/result-items.js';

/** `count`: the slices that were changed. */
export interface ChangedSlices {
  count: number;
  status: JobStatus;
}

/** Cancels the slices of the range that are not done. @throws INVALID_ARGUMENT, JOB_CANCELLED */
export function requestCancellation(
  context: DeployerContext,
  jobId: string,
  { range, reason }: { range: ResultRange; reason: string },
  signal: AbortSignal | undefined,
): Promise<ChangedSlices> {
  const send = (from: number, to: number): ReturnType<typeof context.client.request<'slices.cancel'>> => {
    const body = { jobId, requestId: newId(context.ports.random), from, to, reason };
    return context.client.request('slices.cancel', body, { signal });
  };
  return inParts(readWholeRange(range, 'job.cancel'), send);
}

/** Runs the failed and cancelled slices of the range again. @throws INVALID_ARGUMENT, JOB_CANCELLED, LIMIT_EXCEEDED */
export function requestRetry(
  context: DeployerContext,
  jobId: string,
  range: 'failed' | ResultRange,
  signal: AbortSignal | undefined,
): Promise<ChangedSlices> {
  const send = (from: number, to: number): ReturnType<typeof context.client.request<'slices.retry'>> => {
    const body = { jobId, requestId: newId(context.ports.random), from, to };
    return context.client.request('slices.retry', body, { signal });
  };
  const whole = { from: 1, to: JOB_SLICES_MAX };
  return inParts(range === 'failed' ? whole : readWholeRange(range, 'job.retry'), send);
}

interface Bounds {
  from: number;
  to: number;
}

function readWholeRange(range: ResultRange, where: string): Bounds {
  const { from, to, step } = readSliceRange(range);
  if (step === 1) return { from, to };
  const text = `${where} takes a range without a step: [from, to] or { start, end }; got a step of ${describeValue(step)}.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'range' });
}

async function inParts(
  { from, to }: Bounds,
  send: (from: number, to: number) => Promise<ChangedSlices & { next?: number | undefined }>,
): Promise<ChangedSlices> {
  let count = 0;
  for (let at = from; ;) {
    const { next, ...changed } = await send(at, to);
    count += changed.count;
    if (next === undefined) return { count, status: changed.status };
    if (next <= at || next > to)
      throw new ManyhandsError('INTERNAL', `The scheduler went from slice ${at} to slice ${next}.`);
    at = next;
  }
}
