/**
 * Records that an attempt at a slice was lost with its sandbox or worker: the slice runs again, alone, or fails for good.
 * @module
 */
import { ERROR_TABLE, ManyhandsError, type ErrorCode } from '../../../lib/errors.js';
import { ENVELOPE_KIND, encodeError } from '../../../protocol/segment/envelope.js';
import { ERROR_TEXT_LENGTH_MAX } from '../../../protocol/limits.js';
import { SegmentWriter } from '../../../protocol/segment/segment.js';
import { classifyFailure, appendAttempt } from '../../policy/attempts.js';
import { countLeaseEnded } from '../rows/job-record.js';
import { deleteCheckpoints } from '../rows/checkpoints.js';
import { advanceLease, deleteLease, executorOfLease } from '../rows/leases.js';
import {
  attemptsOf,
  attemptsText,
  NO_HISTORY,
  putRange,
  rangeAt,
  removeRange,
  shortenRange,
} from '../rows/ranges.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { insertInto } from '../rows/table-plans.js';
import type { JobRecord } from '../schema/job-tables.js';
import type { LeaseRow } from '../schema/lease-tables.js';
import { OUTCOMES } from '../schema/slice-tables.js';
import { hasIndependentWorker, recordEvent, type CommandContext } from './context.js';

const insertOutcomes = insertInto(OUTCOMES);

/**
 * Records the attempt at slice `held.next` as lost, charges it to the slice, and moves the lease past it (the lease ends
 * when no slice is left). The caller updates the job's status.
 */
export function* recordLostSlice(
  ctx: CommandContext,
  job: JobRecord,
  held: LeaseRow,
  error: { code: string; message: string },
): QueryPlan<void> {
  const slice = held.next;
  const range = (yield* rangeAt(job.jobId, slice))!;
  if (held.last > slice) {
    yield* shortenRange(job.jobId, slice, slice + 1);
    yield* advanceLease({ next: slice + 1 }, held.leaseId);
  } else {
    yield* removeRange(job.jobId, slice);
    yield* deleteLease(held.leaseId);
    yield* countLeaseEnded(job, held.workerId);
  }
  job.leased -= 1;
  const attempts = appendAttempt(attemptsOf(range), { kind: 'lost', ...executorOfLease(held) }, ctx.nowMs);
  if (classifyFailure(attempts, 'lost', hasIndependentWorker(ctx, job), job.attempts) === 'retry') {
    yield* putRange(job.jobId, {
      first: slice,
      last: slice,
      state: 'pending',
      lost: range.lost + 1,
      thrown: range.thrown,
      failures: attemptsText(attempts),
    });
    job.pending += 1;
    return;
  }
  yield* putRange(job.jobId, { first: slice, last: slice, state: 'failed', ...NO_HISTORY });
  yield* deleteCheckpoints(job, slice, slice);
  job.failed += 1;
  const seq = yield* recordEvent(ctx, job, { kind: 'outcomes' });
  const segment = lostSegment(error, range.lost + 1);
  yield* insertOutcomes({ jobId: job.jobId, first: slice, count: 1, seq, segment });
}

/** The error outcome of a slice that no worker could finish, with the last worker's reason. */
function lostSegment(error: { code: string; message: string }, attempts: number): Uint8Array {
  const code = (Object.hasOwn(ERROR_TABLE, error.code) ? error.code : 'SANDBOX_CRASHED') as ErrorCode;
  const text = `${error.message.slice(0, ERROR_TEXT_LENGTH_MAX)} (lost ${attempts} times)`;
  const cause = new ManyhandsError(code, text, { attempts });
  delete cause.stack;
  const writer = new SegmentWriter();
  writer.appendEnvelope(ENVELOPE_KIND.error, encodeError(cause));
  return writer.finish();
}
