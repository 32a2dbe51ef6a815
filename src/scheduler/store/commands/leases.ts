/**
 * Commands of a worker on its leases, except grant and report: checkpoint, release, renew; and what its connection and disconnection do
 * to them.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { CHECKPOINTS_PER_JOB_MAX, LEASE_GRACE_MS, LEASE_MS } from '../../../protocol/limits.js';
import { profiledSliceMs } from '../../policy/slice-profile.js';
import type { CommandResult, Commands, StoredLease } from '../port/store.js';
import { hasCheckpoint, putCheckpoint } from '../rows/checkpoints.js';
import { findJob, lockJob, saveJob } from '../rows/job-record.js';
import { profileOf } from '../rows/job-workers.js';
import {
  bindLease,
  byJob,
  findLease,
  leasesOfWorker,
  setDeadline,
  shortenDeadlines,
} from '../rows/leases.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { attemptNumber, NO_HISTORY, rangeAt } from '../rows/ranges.js';
import type { LeaseRow } from '../schema/lease-tables.js';
import type { CommandContext } from './context.js';
import { progressTimeoutOf } from './lease-timeout.js';
import { releaseSlices } from './release-slices.js';
import { updateJobStatus } from './update-job-status.js';

/**
 * Stores the state of a slice of the lease that has no outcome yet, in place of its earlier one.
 * @throws LEASE_LOST when the worker does not hold the slice, LIMIT_EXCEEDED when too many slices of the job have one
 */
export function* checkpoint(_ctx: CommandContext, c: Commands['checkpoint'][0]): QueryPlan<null> {
  const held = yield* findLease(c.leaseId, c.workerId);
  if (held === undefined || c.slice < held.next || c.slice > held.last) {
    const text = `this worker does not hold slice ${c.slice} of lease ${c.leaseId} (any more)`;
    throw new ManyhandsError('LEASE_LOST', text, { leaseId: c.leaseId });
  }
  const job = (yield* lockJob(held.jobId))!;
  if (job.checkpoints >= CHECKPOINTS_PER_JOB_MAX && !(yield* hasCheckpoint(job.jobId, c.slice))) {
    const text = `job ${job.jobId} has ${job.checkpoints} checkpoints, the maximum of one job`;
    const info = {
      limit: 'CHECKPOINTS_PER_JOB_MAX',
      max: CHECKPOINTS_PER_JOB_MAX,
      actual: job.checkpoints + 1,
    };
    throw new ManyhandsError('LIMIT_EXCEEDED', text, info);
  }
  yield* putCheckpoint(job, c.slice, c.state);
  yield* saveJob(job);
  return null;
}

/** Releases the slices of a lease from `from` on, without charging an attempt; does nothing when the lease has ended. */
export function* releaseLease(
  ctx: CommandContext,
  c: Commands['releaseLease'][0],
): QueryPlan<CommandResult<'releaseLease'>> {
  const held = yield* findLease(c.leaseId, c.workerId);
  if (held === undefined) return { next: c.from, left: 0 };
  const from = Math.max(c.from, held.next);
  if (from > held.last) return { next: held.next, left: held.last - held.next + 1 };
  const job = (yield* lockJob(held.jobId))!;
  const isRefusal = c.isRecalled !== true && from === held.next;
  yield* releaseSlices(job, held, from, isRefusal ? ctx.nowMs : undefined);
  yield* updateJobStatus(ctx, job);
  ctx.events.work.set(job.jobId, job);
  return { next: held.next, left: from - held.next };
}

/** The new deadline of a lease that is renewed: never beyond its progress time-out. */
function* renewedDeadline(held: LeaseRow, nowMs: number): QueryPlan<number> {
  return Math.min(nowMs + LEASE_MS, held.progressMs + (yield* progressTimeoutOf(held)));
}

/** Extends the deadlines of the worker's leases, and releases those that it does not know. */
export function* renewLeases(
  ctx: CommandContext,
  c: Commands['renewLeases'][0],
): QueryPlan<CommandResult<'renewLeases'>> {
  const expired: string[] = [];
  for (const leaseId of c.leaseIds) {
    const held = yield* findLease(leaseId, c.workerId);
    if (held === undefined) expired.push(leaseId);
    else yield* setDeadline({ deadlineMs: yield* renewedDeadline(held, ctx.nowMs) }, leaseId);
  }
  const unknown: LeaseRow[] = [];
  for (const leaseId of c.unknown ?? []) {
    const held = yield* findLease(leaseId, c.workerId);
    if (held !== undefined) unknown.push(held);
  }
  for (const { leaseId, next: from } of unknown.sort(byJob))
    yield* releaseLease(ctx, { leaseId, workerId: c.workerId, from });
  return { expired };
}

/** A worker has connected to this node: its leases get their full time again. */
export function* reattachLeases(
  ctx: CommandContext,
  c: Commands['reattachLeases'][0],
): QueryPlan<CommandResult<'reattachLeases'>> {
  const leases: StoredLease[] = [];
  for (const row of yield* leasesOfWorker(c.workerId)) {
    const { leaseId, jobId, next, last } = row;
    const job = (yield* findJob(jobId))!;
    yield* bindLease({ deadlineMs: yield* renewedDeadline(row, ctx.nowMs), nodeId: ctx.nodeId }, leaseId);
    const sliceMs = profiledSliceMs(yield* profileOf(jobId), c.workerId);
    const attempt = attemptNumber((yield* rangeAt(jobId, next)) ?? NO_HISTORY);
    leases.push({ leaseId, next, last, job, attempt, ...(sliceMs === undefined ? {} : { sliceMs }) });
  }
  return { leases };
}

/**
 * A worker has disconnected from this node: its leases end after `LEASE_GRACE_MS` unless it reconnects. Leases that were
 * reattached at another node meanwhile stay as they are.
 */
export function* shortenLeases(ctx: CommandContext, c: Commands['shortenLeases'][0]): QueryPlan<null> {
  const soon = ctx.nowMs + LEASE_GRACE_MS;
  yield* shortenDeadlines({ deadlineMs: soon }, c.workerId, ctx.nodeId, soon);
  return null;
}
