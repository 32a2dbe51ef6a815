/**
 * Creates the handle of a job that the scheduler has already.
 * @module
 */
import type { CallOptions } from '../client/jobs/call-options.js';
import { checkSignal } from '../lib/abortable.js';
import { ManyhandsError } from '../lib/errors.js';
import { describeValue, readOptions } from '../lib/options.js';
import { fromCursor } from '../protocol/messages/cursor.js';
import type { Cursor } from '../protocol/messages/messages.js';
import type { DeployerContext } from './connection/context.js';
import { Job } from './job/job.js';
import { jobIdOf } from './remote-jobs.js';

export interface AttachOptions extends CallOptions {
  /** Cursor of the last journal row to skip: only later rows are replayed. @default 0, which replays all rows */
  after?: Cursor;
}

/** @throws JOB_UNKNOWN, NOT_OWNER, INVALID_ARGUMENT */
export async function attachJob<T>(
  context: DeployerContext,
  jobId: string,
  options: AttachOptions = {},
): Promise<Job<T>> {
  const given = readOptions<AttachOptions>(options, 'attach', { after: true, signal: true });
  const signal = checkSignal(given.signal);
  const { after = 0 } = given;
  if (!Number.isSafeInteger(after) || after < 0) {
    const text = `after must be a cursor, a whole number of at least 0; got ${describeValue(after)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text);
  }
  const { status } = await context.client.request('job.status', { jobId: jobIdOf(jobId) }, { signal });
  const { seq } = fromCursor(after);
  if (seq > status.cursor) {
    throw new ManyhandsError('INVALID_ARGUMENT', `The journal of job ${jobId} ends before row ${seq}.`);
  }
  return new Job<T>(context, { attachTo: status, after });
}
