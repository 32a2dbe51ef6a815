/**
 * The errors for a job that a client may not use.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';

/** For a job that does not exist, or of which the client may not know. */
export function unknownJob(jobId: string): ManyhandsError {
  return new ManyhandsError('JOB_UNKNOWN', `no job ${jobId} is known here: check the id and the scheduler`, {
    jobId,
  });
}

/** For another owner's job. */
export function notOwner(jobId: string, owner: string): ManyhandsError {
  return new ManyhandsError(
    'NOT_OWNER',
    `job ${jobId} belongs to another identity than ${owner}: use the one that deployed it`,
    { jobId },
  );
}
