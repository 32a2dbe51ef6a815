/**
 * The state of a job behind a failure: as every other change leaves it, or stopped where its slices only fail.
 * @module
 */
import { cutText } from '../../../lib/text.js';
import { decodeError } from '../../../protocol/segment/envelope.js';
import { ERROR_BYTES_MAX, REASON_LENGTH_MAX } from '../../../protocol/limits.js';
import { ALL_FAIL_REASON } from '../../../protocol/job/reasons.js';
import { SegmentReader } from '../../../protocol/segment/segment.js';
import { isToBeStopped } from '../../policy/circuit-breaker.js';
import type { JobRecord } from '../rows/job-record.js';
import { get, type Script } from '../rows/query-plan.js';
import type { CommandContext } from './context.js';
import { endJob } from './end-job.js';
import { settle } from './escrow.js';

/** Cancels the job, with an error of its slices as the reason, where all of them fail; otherwise settles it. */
export function* settleFailure(ctx: CommandContext, job: JobRecord): Script<void> {
  if (job.runStatus === 'cancelled' || !isToBeStopped(job)) return yield* settle(ctx, job);
  const output = yield* get<{ first: number; segment: Uint8Array }>(
    'SELECT first, segment FROM outputs WHERE job_id = ? ORDER BY first LIMIT 1',
    job.jobId,
  );
  const example = output === undefined ? '' : `; slice ${output.first}: ${errorText(output.segment)}`;
  const reason = `${ALL_FAIL_REASON}${job.failed} of ${job.total} have failed and none has a result${example}`;
  yield* endJob(ctx, job, cutText(reason, REASON_LENGTH_MAX));
}

/** Name and message of the first outcome of a segment, which is an error that a worker sent; our own have no name. */
function errorText(segment: Uint8Array): string {
  try {
    const body = new SegmentReader(segment).body(0);
    if (body.length > ERROR_BYTES_MAX) return 'an error that is too large to be shown';
    const { name, message } = decodeError(body);
    return name === 'ManyhandsError' ? message : `${name}: ${message}`;
  } catch {
    return 'an error that cannot be read';
  }
}
