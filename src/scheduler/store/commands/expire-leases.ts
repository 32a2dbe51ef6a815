/**
 * Commands that end leases from the scheduler's side, or put off their end: expiry, revocation, restart, outage.
 * @module
 */
import { RESTART_GRACE_MS } from '../../../protocol/limits.js';
import { appendAttempt } from '../../policy/attempts.js';
import type { CommandResult, Commands } from '../port/store.js';
import { countLeaseEnded, lockJob } from '../rows/job-record.js';
import { addProfileSample } from '../rows/job-workers.js';
import {
  byJob,
  deleteLease,
  executorOfLease,
  expiredLeases,
  extendDeadlines,
  findLease,
  setDeadlinesOfNode,
} from '../rows/leases.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { attemptsOf, attemptsText, historyOf, putRange, rangeAt, removeRange } from '../rows/ranges.js';
import { upsertInto } from '../rows/table-plans.js';
import type { JobRecord } from '../schema/job-tables.js';
import type { LeaseRow } from '../schema/lease-tables.js';
import { META } from '../schema/schema.js';
import type { CommandContext } from './context.js';
import { progressTimeoutOf } from './lease-timeout.js';
import { recordLostSlice } from './lost-slice.js';
import { releaseSlices } from './release-slices.js';
import { deleteOldReportReplies } from './report-replies.js';
import { updateStatusAfterFailure } from './status-after-failure.js';
import { updateJobStatus } from './update-job-status.js';

const putMeta = upsertInto(META, ['value']);

/**
 * This node has restarted: the leases of workers that were connected to it get `RESTART_GRACE_MS`, so that these workers can
 * reconnect. Workers of other nodes are still connected.
 */
export function* extendLeasesAfterRestart(ctx: CommandContext): QueryPlan<null> {
  yield* setDeadlinesOfNode({ deadlineMs: ctx.nowMs + RESTART_GRACE_MS }, ctx.nodeId);
  return null;
}

/** The store accepts commits of this node again: leases that could not be renewed meanwhile get time for it. */
export function* resumeAfterOutage(
  ctx: CommandContext,
  c: Commands['resumeAfterOutage'][0],
): QueryPlan<null> {
  yield* putMeta({ key: 'recoveredMs', value: String(ctx.nowMs) });
  const soon = ctx.nowMs + RESTART_GRACE_MS;
  if (c.extendDeadlines) yield* extendDeadlines({ deadlineMs: soon }, ctx.nodeId, soon);
  return null;
}

/** Largest number of leases that one transaction expires. */
const EXPIRE_BATCH = 1_000;

/**
 * Ends every lease past its deadline, and charges an attempt only to its first unreported slice; deletes old replies to
 * reports.
 */
export function* expireLeases(ctx: CommandContext): QueryPlan<CommandResult<'expireLeases'>> {
  const late = yield* expiredLeases(ctx.nowMs, EXPIRE_BATCH);
  for (const held of late.sort(byJob)) {
    const job = (yield* lockJob(held.jobId))!;
    // An earlier lease in this batch may have stopped the job, which has ended all its leases.
    if (job.runStatus === 'cancelled') continue;
    if (ctx.nowMs - held.progressMs >= (yield* progressTimeoutOf(held))) {
      yield* revokeSilentLease(ctx, job, held, 'it made no progress');
      continue;
    }
    ctx.events.revoked.push({ leaseId: held.leaseId, reason: 'it was not renewed in time' });
    if (held.last > held.next) yield* releaseSlices(job, held, held.next + 1);
    const error = {
      code: 'LEASE_LOST',
      message: `the worker of slice ${held.next} disconnected and did not return`,
    };
    yield* recordLostSlice(ctx, job, { ...held, last: held.next }, error);
    yield* updateStatusAfterFailure(ctx, job);
    ctx.events.work.set(job.jobId, job);
  }
  yield* deleteOldReportReplies(ctx);
  return { expired: late.length };
}

/** Ends a lease whose worker released nothing although other workers wait. */
export function* revokeLease(ctx: CommandContext, c: Commands['revokeLease'][0]): QueryPlan<null> {
  const held = yield* findLease(c.leaseId, c.workerId);
  if (held === undefined) return null;
  const job = (yield* lockJob(held.jobId))!;
  yield* revokeSilentLease(ctx, job, held, 'other workers waited, and it released no slices');
  return null;
}

/** Ends a lease without progress, without a charged attempt; its first slice, which may be a long one, then runs alone. */
function* revokeSilentLease(
  ctx: CommandContext,
  job: JobRecord,
  held: LeaseRow,
  reason: string,
): QueryPlan<void> {
  ctx.events.revoked.push({ leaseId: held.leaseId, reason });
  const { jobId } = job;
  const range = (yield* rangeAt(jobId, held.next))!;
  const attempts = appendAttempt(attemptsOf(range), { kind: 'silent', ...executorOfLease(held) }, ctx.nowMs);
  // The worker may be slow: the time without progress counts as a sample of its slice duration.
  const silent = { ms: ctx.nowMs - held.progressMs, slices: 1 };
  yield* addProfileSample(jobId, held.workerId, silent, ctx.nowMs);
  const slice = held.next;
  if (held.last > slice) yield* releaseSlices(job, held, slice + 1);
  yield* removeRange(jobId, slice);
  yield* deleteLease(held.leaseId);
  yield* countLeaseEnded(job, held.workerId);
  const history = { ...historyOf(range), failures: attemptsText(attempts) };
  yield* putRange(jobId, { first: slice, last: slice, state: 'pending', ...history });
  job.leased -= 1;
  job.pending += 1;
  yield* updateJobStatus(ctx, job);
  ctx.events.work.set(jobId, job);
}
