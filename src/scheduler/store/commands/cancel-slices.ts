/**
 * Cancels a range of a job's slices on behalf of its owner: those that are not done fail with the code `SLICE_CANCELLED`, and
 * cost nothing. One request changes a limited number of ranges and slices; its result says where the next one goes on.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import {
  CANCELLED_SLICES_PER_REQUEST_MAX,
  RANGES_PER_REQUEST_MAX,
  SEGMENT_SLICES_MAX,
} from '../../../protocol/limits.js';
import { ENVELOPE_KIND, encodeError } from '../../../protocol/segment/envelope.js';
import { SegmentWriter } from '../../../protocol/segment/segment.js';
import { isFinalStatus } from '../../policy/job-status.js';
import type { Commands, SliceRequestResult } from '../port/store.js';
import { countLeaseEnded, lockOwnJob } from '../rows/job-record.js';
import { deleteLease, workerOfLease } from '../rows/leases.js';
import { historyOf, NO_HISTORY, putRange, rangesIn, removeRange, takeFromRange } from '../rows/ranges.js';
import { deleteCheckpoints } from '../rows/checkpoints.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { insertInto } from '../rows/table-plans.js';
import { repeatedRequest, storeRequest } from '../rows/slice-requests.js';
import type { JobRecord } from '../schema/job-tables.js';
import { OUTCOMES } from '../schema/slice-tables.js';
import { recordEvent, type CommandContext } from './context.js';
import { releaseEscrow } from './escrow.js';
import { updateJobStatus } from './update-job-status.js';

const insertOutcomes = insertInto(OUTCOMES);

/** @throws JOB_UNKNOWN, NOT_OWNER, JOB_CANCELLED, LIMIT_EXCEEDED */
export function* cancelSlices(
  ctx: CommandContext,
  c: Commands['cancelSlices'][0],
): QueryPlan<SliceRequestResult> {
  const job = yield* lockOwnJob(c.jobId, c.owner);
  const before = yield* repeatedRequest(job, c);
  if (before !== undefined) return before;
  if (isFinalStatus(job.runStatus)) return yield* storeRequest(job, c, 0, undefined);
  yield* revokeLeasesIn(ctx, job, c.from, c.to);
  const { runs, next } = yield* takePending(c.jobId, c.from, c.to);
  const count = runs.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (count > 0) {
    job.pending -= count;
    job.failed += count;
    job.cancelled += count;
    const seq = yield* recordEvent(ctx, job, { kind: 'outcomes' });
    const segment = cancelledSegment(c.reason);
    for (const { first, last } of runs) {
      yield* putRange(c.jobId, { first, last, state: 'cancelled', ...NO_HISTORY });
      yield* deleteCheckpoints(job, first, last);
      for (let at = first; at <= last; at += SEGMENT_SLICES_MAX) {
        const slices = Math.min(SEGMENT_SLICES_MAX, last - at + 1);
        yield* insertOutcomes({ jobId: c.jobId, first: at, count: slices, seq, segment });
      }
    }
    yield* releaseEscrow(ctx, job, c.requestId);
  }
  yield* updateJobStatus(ctx, job);
  ctx.events.work.set(job.jobId, job);
  return yield* storeRequest(job, c, count, next);
}

/** Revokes the leases that have slices from `from` to `to`, uncharged; their other slices are pending again too. */
function* revokeLeasesIn(ctx: CommandContext, job: JobRecord, from: number, to: number): QueryPlan<void> {
  const { jobId } = job;
  for (const range of yield* rangesIn(jobId, 'leased', to, from, -1)) {
    const { first, last } = range;
    const leaseId = range.leaseId!;
    const { workerId } = (yield* workerOfLease(leaseId))!;
    yield* removeRange(jobId, first);
    yield* deleteLease(leaseId);
    yield* countLeaseEnded(job, workerId);
    yield* putRange(jobId, { first, last, state: 'pending', ...historyOf(range) });
    job.leased -= last - first + 1;
    job.pending += last - first + 1;
    ctx.events.revoked.push({ leaseId, reason: 'its slices were cancelled' });
  }
}

interface SliceRun {
  first: number;
  last: number;
}

/** Takes the pending slices from `from` to `to` out of their ranges, as many as one request may change. */
function* takePending(
  jobId: string,
  from: number,
  to: number,
): QueryPlan<{ runs: SliceRun[]; next: number | undefined }> {
  const runs: SliceRun[] = [];
  let left = CANCELLED_SLICES_PER_REQUEST_MAX;
  const ranges = yield* rangesIn(jobId, 'pending', to, from, RANGES_PER_REQUEST_MAX + 1);
  for (const range of ranges) {
    const first = Math.max(range.first, from);
    if (left === 0 || runs.length === RANGES_PER_REQUEST_MAX) return { runs, next: first };
    const last = Math.min(range.last, to, first + left - 1);
    yield* takeFromRange(range, first, last);
    runs.push({ first, last });
    left -= last - first + 1;
    if (last < Math.min(range.last, to)) return { runs, next: last + 1 };
  }
  return { runs, next: undefined };
}

/** A segment of one outcome, which is that of each of the slices. */
function cancelledSegment(reason: string): Uint8Array {
  const because = reason === '' ? '' : `: ${reason}`;
  const error = new ManyhandsError(
    'SLICE_CANCELLED',
    `the slice was cancelled by the owner of its job${because}`,
  );
  delete error.stack;
  const writer = new SegmentWriter();
  writer.appendEnvelope(ENVELOPE_KIND.error, encodeError(error));
  return writer.finish();
}
