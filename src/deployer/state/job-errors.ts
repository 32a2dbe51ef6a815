/**
 * The errors that end a job. They can hold thousands of results and failures; when Node prints them, as it does with an
 * uncaught error, they stay a few lines long.
 * @module
 */
import { ManyhandsError, type ErrorInfo } from '../../lib/errors.js';
import { ALL_FAIL_REASON, FAIL_FAST_REASON, UNLOADABLE_REASON } from '../../protocol/job/reasons.js';
import type { ResultHandle } from './result-handle.js';

/** The method that `console.log` of Node and Deno calls to print an object. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');
/** Number of failures that are printed, one line each. */
const FAILURES_PRINTED = 3;

export interface FailedJob {
  jobId: string;
  /** Number of all slices, and of those that failed. */
  total: number;
  failed: number;
  results: ResultHandle<unknown>;
}

export function slicesFailed({ jobId, total, failed, results }: FailedJob): ManyhandsError<'SLICES_FAILED'> {
  const { failures } = results;
  const first = failures[0];
  const example = first === undefined ? '' : ` Slice ${first.sliceNumber}: ${first.error.message}`;
  const text = `${failed} of ${total} slices of job ${jobId} failed permanently.${example}`;
  const info: ErrorInfo<'SLICES_FAILED'> = { jobId, failed, failures, results };
  hideFromPrint(info, ['failures', 'results']);
  printAs(info, () => {
    const shown = failures.slice(0, FAILURES_PRINTED);
    const lines = shown.map(
      ({ sliceNumber, error }) => `slice ${sliceNumber}: ${error.name}: ${error.message}`,
    );
    const more = failures.length - shown.length;
    return {
      jobId,
      failed,
      failures: more === 0 ? lines : [...lines, `and ${more} more in error.info.failures`],
      results: `${total - failed} of ${total}, in error.info.results`,
    };
  });
  return new ManyhandsError('SLICES_FAILED', text, info, { cause: first?.error });
}

/**
 * @param failure the error of one of the job's slices, if there is one
 * @param results those that were received before
 */
export function jobCancelled(
  jobId: string,
  reason: string,
  failure?: Error,
  results?: ResultHandle<unknown>,
): ManyhandsError<'JOB_CANCELLED'> {
  const because = reason === '' ? '' : `: ${reason}`;
  const info: ErrorInfo<'JOB_CANCELLED'> = { jobId, reason, ...(results && { results }) };
  // The message contains the reason already.
  hideFromPrint(info, results === undefined ? ['reason'] : ['reason', 'results']);
  printAs(info, () => ({ jobId }));
  const text = `Job ${jobId} was cancelled${because}.`;
  const found = causeOf(reason, failure);
  const error = new ManyhandsError('JOB_CANCELLED', text, info, found && { cause: found.cause });
  // Node prints both stack and cause, so the text of the cause is removed from the stack. The message keeps it, for
  // programs that show only the message.
  if (found !== undefined && error.stack !== undefined)
    error.stack = error.stack.replace(text, () => `Job ${jobId} was cancelled: ${found.rest}.`);
  return error;
}

/** The work function's error that a cancellation reason contains, and the rest of the reason. */
function causeOf(reason: string, failure: Error | undefined): { cause: Error; rest: string } | undefined {
  if (reason.startsWith(ALL_FAIL_REASON)) {
    return failure === undefined
      ? undefined
      : { cause: failure, rest: reason.replace(/; slice \d+: .*/s, '') };
  }
  if (reason.startsWith(FAIL_FAST_REASON))
    return failure && { cause: failure, rest: FAIL_FAST_REASON.replace(/: $/, '') };
  if (!reason.startsWith(UNLOADABLE_REASON)) return undefined;
  const message = reason.slice(UNLOADABLE_REASON.length);
  const place = /work-function\.\w+(?::\d+){1,2}|work-function\.py, line \d+/.exec(message)?.[0];
  const cause = new ManyhandsError('WORK_FUNCTION_INVALID', message, place === undefined ? {} : { place });
  // The error happened on a worker, so the stack of this process is meaningless.
  cause.stack = `${cause.name}: ${message}`;
  return { cause, rest: UNLOADABLE_REASON.replace(/: $/, '') };
}

/**
 * Keeps properties out of the printed error. Node prints an uncaught error without calling INSPECT of its parts, but it
 * does not print the values of accessors.
 */
function hideFromPrint<I extends object>(info: I, names: readonly (keyof I)[]): void {
  for (const name of names) {
    const value = info[name];
    Object.defineProperty(info, name, { get: () => value, enumerable: true, configurable: true });
  }
}

/** Makes `console.log` print the result of `show`; the properties of the object do not change. */
function printAs(info: object, show: () => object): void {
  Object.defineProperty(info, INSPECT, { value: show, configurable: true });
}
