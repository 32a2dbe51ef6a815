/**
 * What needs no handle but the id of a job: status, cancellation, results and further slices of the jobs that this identity
 * has at the scheduler, from any process.
 * @module
 */
import { readCall, type CallOptions } from '../client/jobs/call-options.js';
import { toRemoteStatus, type RemoteStatus } from '../client/jobs/status-info.js';
import { ID_PATTERN } from '../lib/crypto/ids.js';
import { ManyhandsError } from '../lib/errors.js';
import { describeValue } from '../lib/options.js';
import type { Keystore } from '../wallet/keystore.js';
import { checkKeystore, checkReason } from './arguments/check-arguments.js';
import type { DeployerContext } from './connection/context.js';
import { Job } from './job/job.js';
import type { FetchedResult, ResultRange } from './state/result-items.js';
import type { UploadSummary } from './upload/input-upload.js';
import { toJobInput } from './call/input.js';
import { JobUpload } from './upload/job-upload.js';

/** What follows the job in a call of `compute.cancel`. */
export type CancelArguments =
  | [reason?: string, options?: CallOptions, none?: undefined]
  | [keystore: Keystore | undefined, reason?: string, options?: CallOptions];

export interface AddedSlices extends UploadSummary {
  success: true;
}

/** @throws JOB_UNKNOWN, NOT_OWNER */
export async function fetchStatus(
  { client }: DeployerContext,
  job: string | Job,
  options?: CallOptions,
): Promise<RemoteStatus> {
  const call = readCall(options ?? {}, 'compute.status');
  return toRemoteStatus((await client.request('job.status', { jobId: jobIdOf(job) }, call)).status);
}

/** As in DCP a keystore may precede the reason; it is not needed. Options are the last argument. @throws JOB_UNKNOWN, NOT_OWNER */
export async function cancelJob(
  { client }: DeployerContext,
  job: string | Job,
  ...[first, second, third]: CancelArguments
): Promise<RemoteStatus> {
  const isReason = typeof first === 'string';
  if (!isReason) checkKeystore(first);
  const [reason, options] = isReason ? [first, second] : [second, third];
  const body = { jobId: jobIdOf(job), reason: checkReason(reason ?? '') };
  const call = readCall(options ?? {}, 'compute.cancel');
  return toRemoteStatus((await client.request('job.cancel', body, call)).status);
}

/** @throws JOB_CLOSED, INPUT_FAILED */
export async function addSlices(
  context: DeployerContext,
  data: unknown,
  jobId: string,
  options?: CallOptions,
): Promise<AddedSlices> {
  const { signal } = readCall(options, 'addSlices');
  const job = { id: jobIdOf(jobId), ended: new AbortController().signal, isFollowed: false };
  // No event of a handle reports a lost connection, so the call fails when it lasts.
  const upload = new JobUpload(context, job, { waitForConnection: false });
  return { success: true, ...(await upload.append(toJobInput(data), signal)) };
}

/** @throws JOB_UNKNOWN, NOT_OWNER, INVALID_ARGUMENT */
export async function fetchResults<T>(
  context: DeployerContext,
  jobId: string,
  range?: ResultRange,
  options?: CallOptions,
): Promise<FetchedResult<T>[]> {
  const id = jobIdOf(jobId);
  const { fetchJobResults } = await import('./results/fetch-results.js');
  return fetchJobResults<T>(context, id, range, options);
}

/** The id of a job that is given by its id or by its handle. @throws INVALID_ARGUMENT */
export function jobIdOf(job: unknown): string {
  const id = job instanceof Job ? job.id : job;
  if (typeof id === 'string' && ID_PATTERN.test(id)) return id;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    `A job must be given as its id (job.id, 22 characters) or as its handle; got ${describeValue(job)}.`,
  );
}
