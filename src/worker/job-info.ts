/**
 * Information about a job for the owners of the machines that run it.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { describeValue } from '../lib/options.js';
import type { JobId } from '../protocol/messages/messages.js';
import type { SchedulerRequests } from '../client/connection/scheduler-requests.js';
import type { JobBytes } from './inputs/job-bytes.js';
import type { LoadedJob } from './assets/job-package-cache.js';
import type { JobInfo } from './options/worker-events.js';

/** @throws JOB_UNKNOWN where the job is not loaded here, and the scheduler's own errors */
export async function readJobInfo(
  client: SchedulerRequests,
  job: LoadedJob | undefined,
  jobId: JobId,
  bytes: JobBytes,
): Promise<JobInfo> {
  if (job === undefined)
    throw new ManyhandsError('JOB_UNKNOWN', `The job ${describeValue(jobId)} is not loaded.`, { jobId });
  const { status } = await client.request('job.status', { jobId });
  const { total, accepted, failed, workers, open } = status;
  const { owner } = job;
  const { public: about, worktime, origins = [] } = job.package;
  const progress = { total, accepted, failed, workers, open };
  const moved = bytes.of(jobId);
  return { jobId, owner, public: about, worktime, origins: [...origins], ...progress, bytes: moved };
}
