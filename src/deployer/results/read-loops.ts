/**
 * The loops over the outcomes of a job, with their options. Loaded when a loop first runs.
 * @module
 */
import { readCall, type CallOptions } from '../../client/jobs/call-options.js';
import { checkSignal } from '../../lib/abortable.js';
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue, readOptions } from '../../lib/options.js';
import type { DeployerContext } from '../connection/context.js';
import type { ResultItem, StreamOptions } from '../state/result-items.js';
import type { JobReaderParts } from './job-reader-parts.js';
import { OutcomeSource } from './outcome-source.js';
import { readCompleted } from './read-completed.js';
import { readOrdered } from './read-ordered.js';

/** @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export function loopCompleted<T>(
  context: DeployerContext,
  parts: JobReaderParts<T>,
  options: CallOptions,
): AsyncGenerator<ResultItem<T>, void, undefined> {
  const { signal } = readCall(options, 'job.asCompleted');
  return readCompleted(open(context, parts, signal));
}

/** @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export async function* loopOrdered<T>(
  context: DeployerContext,
  parts: JobReaderParts<T>,
  options: StreamOptions,
): AsyncGenerator<T | ResultItem<T>, void, undefined> {
  const { start, failed, signal } = readStreamOptions(options);
  for await (const item of readOrdered(open(context, parts, signal), start)) {
    if (failed === 'include') yield item;
    else if (item.error === undefined) yield item.result;
    else if (failed === 'throw') throw sliceFailed(parts, item.sliceNumber, item.error);
  }
}

function open<T>(
  context: DeployerContext,
  { state, results, ensureDeployed }: JobReaderParts<T>,
  signal: AbortSignal | undefined,
): OutcomeSource<T> {
  const source = new OutcomeSource(context, state, results, signal);
  source.checkSignal();
  ensureDeployed();
  return source;
}

function sliceFailed<T>(
  { state }: JobReaderParts<T>,
  sliceNumber: number,
  error: Error,
): ManyhandsError<'SLICES_FAILED'> {
  const { id: jobId, results } = state;
  const text =
    `Slice ${sliceNumber} of job ${jobId} failed permanently: ${error.message}. ` +
    `Its stream goes on with { start: ${sliceNumber + 1} }, or leaves such slices out with { failed: 'skip' }.`;
  const info = { jobId, failed: 1, failures: [{ sliceNumber, error }], results };
  return new ManyhandsError('SLICES_FAILED', text, info, { cause: error });
}

function readStreamOptions(options: StreamOptions): Required<Omit<StreamOptions, 'signal'>> & CallOptions {
  const given = readOptions<StreamOptions>(options, 'results.stream', {
    start: true,
    failed: true,
    signal: true,
  });
  const { start = 1, failed = 'throw' } = given;
  if (!Number.isSafeInteger(start) || start < 1) {
    const text = `start must be the number of a slice, from 1; got ${describeValue(start)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'start' });
  }
  if (!['throw', 'skip', 'include'].includes(failed)) {
    const text = `failed must be 'throw', 'skip' or 'include'; got ${describeValue(failed)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'failed' });
  }
  return { start, failed, signal: checkSignal(given.signal) };
}
