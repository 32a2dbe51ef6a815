/**
 * Updates a job's status after a failure: cancels it when its slices only fail.
 * @module
 */
import { truncateText } from '../../../lib/text.js';
import { decodeError } from '../../../protocol/segment/envelope.js';
import { ERROR_BYTES_MAX, REASON_LENGTH_MAX } from '../../../protocol/limits.js';
import { ALL_FAIL_REASON } from '../../../protocol/job/reasons.js';
import { SegmentReader } from '../../../protocol/segment/segment.js';
import { shouldStopJob } from '../../policy/circuit-breaker.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { selectOne } from '../rows/table-plans.js';
import type { JobRecord } from '../schema/job-tables.js';
import { OUTCOMES } from '../schema/slice-tables.js';
import type { CommandContext } from './context.js';
import { endJob } from './end-job.js';
import { updateJobStatus } from './update-job-status.js';

const firstOutput = selectOne(OUTCOMES, ['first', 'segment'], 'WHERE job_id = ? ORDER BY first LIMIT 1');

/** Cancels the job with an error of one slice as the reason when its slices only fail; otherwise updates its status. */
export function* updateStatusAfterFailure(ctx: CommandContext, job: JobRecord): QueryPlan<void> {
  if (!shouldStopJob(job)) return yield* updateJobStatus(ctx, job);
  // A slice that has failed has an outcome.
  const { first, segment } = (yield* firstOutput(job.jobId))!;
  const counts = `${job.failed} of ${job.total} have failed and none has a result`;
  const reason = `${ALL_FAIL_REASON}${counts}; slice ${first}: ${errorText(segment)}`;
  yield* endJob(ctx, job, truncateText(reason, REASON_LENGTH_MAX));
}

/** Name and message of the first outcome of a segment, an error that a worker sent; errors of ours are shown without a name. */
function errorText(segment: Uint8Array): string {
  try {
    const body = new SegmentReader(segment).body(0);
    if (body.length > ERROR_BYTES_MAX) return 'an error that is too large to show';
    const { name, message } = decodeError(body);
    return name === 'ManyhandsError' ? message : `${name}: ${message}`;
  } catch {
    return 'an error that cannot be read';
  }
}
