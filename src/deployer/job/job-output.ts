/**
 * What a job's handle gives of its results and its progress.
 * @module
 */
import type { CallOptions } from '../../client/jobs/call-options.js';
import { toRemoteStatus, type JobStatusInfo, type RemoteStatus } from '../../client/jobs/status-info.js';
import type { Cursor } from '../../protocol/messages/messages.js';
import { checkBoolean } from '../arguments/check-arguments.js';
import type { FetchedResult, ResultItem, ResultRange } from '../state/result-items.js';
import type { ReadyState } from '../state/events.js';
import type { ResultHandle } from '../state/result-handle.js';
import { JobListeners } from './job-listeners.js';
import { PARTS } from './job-parts.js';

export abstract class JobOutput<T> extends JobListeners<T> {
  get readyState(): ReadyState {
    return this[PARTS].state.readyState;
  }

  get status(): JobStatusInfo {
    return this[PARTS].state.status;
  }

  /** DCP's name for `compute.status(job)`: the status that the scheduler has now. @throws JOB_UNKNOWN, CONNECT_FAILED */
  async getJobInfo(): Promise<RemoteStatus> {
    const { context, state } = this[PARTS];
    return toRemoteStatus((await context.client.request('job.status', { jobId: state.id })).status);
  }

  /** The results: that of slice n is at index n - 1; a missing result is a hole in the array. */
  get results(): ResultHandle<T> {
    return this[PARTS].state.results;
  }

  /** The position up to which the journal was read; `attach(job.id, { after: job.cursor })` continues after it. */
  get cursor(): Cursor {
    return this[PARTS].results.cursor;
  }

  /**
   * The number of slices that the scheduler has committed, as far as this handle knows. After `attach` it counts all
   * committed slices, so that an interrupted upload can continue after them.
   */
  get committed(): number {
    const { state, upload } = this[PARTS];
    return Math.max(state.status.total, upload.lastSlice);
  }

  /**
   * Whether this program prints what the work function prints, while it follows the job and has no listener to `console`.
   * @default true
   */
  get console(): boolean {
    return this[PARTS].results.printsConsole;
  }

  /** @throws INVALID_ARGUMENT */
  set console(prints: boolean) {
    this[PARTS].results.printsConsole = checkBoolean('job.console', prints);
  }

  /**
   * Reads the outcome of each slice as it becomes available, once, in the order of completion: `{ sliceNumber, result }`, or
   * `{ sliceNumber, error }` for a slice that failed permanently. Outcomes that the handle has received before come first.
   * It follows the job while the loop runs, no faster than the loop, and deploys it if that was not done.
   * @throws JOB_CANCELLED and the errors of `exec`, but not SLICES_FAILED; ABORTED, TIMEOUT
   */
  asCompleted(options?: CallOptions): AsyncGenerator<ResultItem<T>, void, undefined> {
    return this[PARTS].reader.completed(options);
  }

  /**
   * Fetches finished slices from the scheduler, ordered by slice number; failed slices have an `error` in place of a
   * `value`.
   */
  fetchResults(range?: ResultRange, options?: CallOptions): Promise<FetchedResult<T>[]> {
    return this[PARTS].reader.fetch(range, options);
  }
}
