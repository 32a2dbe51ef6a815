/**
 * The list of jobs that a scheduler has, a page at a time, for their owner or the operator.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { JOB_LIST_MAX } from '../protocol/limits.js';
import type { DeployerRequests, JobStatus } from '../protocol/messages.js';
import type { JobPage, ListOptions } from './compute-types.js';
import type { RemoteStatus } from './deployer.js';
import { toStatusInfo } from './tracker.js';

const LIMIT_DEFAULT = 20;

type Ask = (body: DeployerRequests['job.list'][0]) => Promise<DeployerRequests['job.list'][1]>;

/** @throws INVALID_ARGUMENT where `limit` is none */
export async function listJobs(ask: Ask, options: ListOptions = {}): Promise<JobPage> {
  const { after, limit = LIMIT_DEFAULT } = options;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > JOB_LIST_MAX) {
    const text = `limit must be a whole number from 1 to ${JOB_LIST_MAX}; got ${String(limit)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'limit' });
  }
  const { jobs, more } = await ask({ limit, ...(after === undefined ? {} : { after }) });
  return { jobs: jobs.map(({ status, ...about }) => ({ ...remoteStatus(status), ...about })), more };
}

/** A job as the scheduler tells of it, for people. */
export function remoteStatus(found: JobStatus): RemoteStatus {
  const { jobId, open, reason } = found;
  return { jobId, open, ...toStatusInfo(found), ...(reason === undefined ? {} : { reason }) };
}
