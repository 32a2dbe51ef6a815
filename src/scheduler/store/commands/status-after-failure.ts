/**
 * Updates a job's status after a failure: cancels it when its slices only fail.
 * @module
 */
import { truncateText } from '../../../lib/text.js';
import { decodeError } from '../../../protocol/segment/envelope.js';
import { ERROR_BYTES_MAX, REASON_LENGTH_MAX } from '../../../protocol/limits.js';
import { ALL_FAIL_REASON, FAIL_FAST_REASON } from '../../../protocol/job/reasons.js';
import { SegmentReader } from '../../../protocol/segment/segment.js';
import { shouldStopJob } from '../../policy/circuit-breaker.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { selectOne } from '../rows/table-plans.js';
import type { JobRecord } from '../schema/job-tables.js';
import { OUTCOMES, RANGES } from '../schema/slice-tables.js';
import type { CommandContext } from './context.js';
import { endJob } from './end-job.js';
import { updateJobStatus } from './update-job-status.js';

const firstFailed = selectOne(
  RANGES,
  ['first'],
  `WHERE job_id = ? AND state = 'failed' ORDER BY failures, first LIMIT 1`,
);
const outputUpTo = selectOne(
  OUTCOMES,
  ['first', 'segment'],
  'WHERE job_id = ? AND first <= ? ORDER BY first DESC LIMIT 1',
);

/**
 * Cancels the job with an error of one slice as the reason when its slices only fail, or the first failure is to cancel it;
 * otherwise updates its status.
 */
export function* updateStatusAfterFailure(ctx: CommandContext, job: JobRecord): QueryPlan<void> {
  // Slices that the owner cancelled say nothing about the work function.
  const failed = job.failed - job.cancelled;
  if (job.failFast && failed > 0) return yield* cancelAtFailure(ctx, job);
  if (!shouldStopJob({ ...job, failed, total: job.total - job.cancelled }))
    return yield* updateJobStatus(ctx, job);
  const counts = `${failed} of ${job.total} have failed and none has a result`;
  const reason = `${ALL_FAIL_REASON}${counts}; ${yield* firstFailure(job.jobId)}`;
  yield* endJob(ctx, job, truncateText(reason, REASON_LENGTH_MAX));
}

function* cancelAtFailure(ctx: CommandContext, job: JobRecord): QueryPlan<void> {
  const reason = `${FAIL_FAST_REASON}${yield* firstFailure(job.jobId)}`;
  yield* endJob(ctx, job, truncateText(reason, REASON_LENGTH_MAX));
}

/** Number and error of the first failed slice: it has an outcome. */
function* firstFailure(jobId: string): QueryPlan<string> {
  const slice = (yield* firstFailed(jobId))!.first;
  const { first, segment } = (yield* outputUpTo(jobId, slice))!;
  return `slice ${slice}: ${errorText(segment, slice - first)}`;
}

/** Name and message of an outcome of a segment, an error that a worker sent; errors of ours are shown without a name. */
function errorText(segment: Uint8Array, index: number): string {
  try {
    const body = new SegmentReader(segment).body(index);
    if (body.length > ERROR_BYTES_MAX) return 'an error that is too large to show';
    const { name, message } = decodeError(body);
    return name === 'ManyhandsError' ? message : `${name}: ${message}`;
  } catch {
    return 'an error that cannot be read';
  }
}
