/**
 * The errors that a job ends with. What they carry may be thousands of results and failures: printed, as Node does with
 * an error that nobody catches, they stay a few lines long.
 * @module
 */
import { ManyhandsError, type ErrorInfo } from '../../lib/errors.js';
import { ALL_FAIL_REASON, UNLOADABLE_REASON } from '../../protocol/job/reasons.js';
import type { ResultHandle } from './results.js';

/** What Node's and Deno's `console.log` call to print an object, where it has such a method. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');
/** Failures that are printed, one line each. */
const FAILURES_PRINTED = 3;

export interface FailedJob {
  jobId: string;
  /** Slices in all, and those of them that failed. */
  total: number;
  failed: number;
  results: ResultHandle<unknown>;
}

export function slicesFailed({ jobId, total, failed, results }: FailedJob): ManyhandsError<'SLICES_FAILED'> {
  const { failures } = results;
  const first = failures[0];
  const example = first === undefined ? '' : ` Slice ${first.sliceNumber}: ${first.error.message}`;
  const text = `${failed} of ${total} slices of job ${jobId} failed for good.${example}`;
  const info: ErrorInfo<'SLICES_FAILED'> = { jobId, failed, failures, results };
  unprinted(info, ['failures', 'results']);
  printedAs(info, () => {
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

/** `failure` is an error of one of the job's slices, where there is one. */
export function jobCancelled(
  jobId: string,
  reason: string,
  failure?: Error,
): ManyhandsError<'JOB_CANCELLED'> {
  const because = reason === '' ? '' : `: ${reason}`;
  const info: ErrorInfo<'JOB_CANCELLED'> = { jobId, reason };
  // The message has the reason already.
  unprinted(info, ['reason']);
  printedAs(info, () => ({ jobId }));
  const text = `Job ${jobId} was cancelled${because}.`;
  const found = causeOf(reason, failure);
  const error = new ManyhandsError('JOB_CANCELLED', text, info, found && { cause: found.cause });
  // Node prints stack and cause: what the cause says need not stand in both. The message is for whoever shows it alone.
  if (found !== undefined && error.stack !== undefined)
    error.stack = error.stack.replace(text, () => `Job ${jobId} was cancelled: ${found.rest}.`);
  return error;
}

/** The error behind a reason, where it is the work function's, and what the reason says besides. */
function causeOf(reason: string, failure: Error | undefined): { cause: Error; rest: string } | undefined {
  if (reason.startsWith(ALL_FAIL_REASON)) {
    return failure === undefined
      ? undefined
      : { cause: failure, rest: reason.replace(/; slice \d+: .*/s, '') };
  }
  if (!reason.startsWith(UNLOADABLE_REASON)) return undefined;
  const message = reason.slice(UNLOADABLE_REASON.length);
  const place = /work-function\.\w+(?::\d+){1,2}|work-function\.py, line \d+/.exec(message)?.[0];
  const cause = new ManyhandsError('WORK_FUNCTION_INVALID', message, place === undefined ? {} : { place });
  // It happened on a worker: where it was made here says nothing.
  cause.stack = `${cause.name}: ${message}`;
  return { cause, rest: UNLOADABLE_REASON.slice(0, -2) };
}

/** Node prints an error that nobody catches without asking how its parts want to be shown; of accessors it prints no value. */
function unprinted<I extends object>(info: I, names: readonly (keyof I)[]): void {
  for (const name of names) {
    const value = info[name];
    Object.defineProperty(info, name, { get: () => value, enumerable: true, configurable: true });
  }
}

/** Printing shows what `show` gives; the object's own properties stay what they are. */
function printedAs(info: object, show: () => object): void {
  Object.defineProperty(info, INSPECT, { value: show, configurable: true });
}
