/**
 * Commands of the operator: pause, resume and cancel any job; ban and unban.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { BANS_MAX } from '../../../protocol/limits.js';
import type { JobStatus } from '../../../protocol/messages/messages.js';
import type { Ban } from '../../../protocol/messages/operator-messages.js';
import { isFinalStatus, nextJobStatus } from '../../policy/job-status.js';
import { lockJob, saveJob, statusOf } from '../rows/job-record.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { countIn, deleteFrom, existsIn, selectMany, selectOne, upsertInto } from '../rows/table-plans.js';
import { unknownJob } from '../port/job-errors.js';
import type { Commands } from '../port/store.js';
import { JOBS, type JobRecord } from '../schema/job-tables.js';
import { BANS, HOLDS } from '../schema/operator-tables.js';
import type { CommandContext } from './context.js';
import { endJob, revokeJobLeases } from './end-job.js';
import { applyTransition, updateJobStatus } from './update-job-status.js';

const findHold = selectOne(HOLDS, ['reason', 'banned'], 'WHERE job_id = ?');
const putHold = upsertInto(HOLDS, ['reason', 'banned']);
const deleteHold = deleteFrom(HOLDS, 'job_id = ?');
/** Jobs in the order in which they are locked. */
const heldBy = selectMany(HOLDS, ['jobId'], 'WHERE banned = ? ORDER BY job_id');
const unfinishedOf = selectMany(
  JOBS,
  ['jobId'],
  `WHERE owner = ? AND run_status IN ('running', 'paused') ORDER BY job_id`,
);
const countBans = countIn(BANS, '1 = 1');
const putBan = upsertInto(BANS, ['reason', 'atMs']);
const isBanned = existsIn(BANS, 'subject = ?');
const deleteBan = deleteFrom(BANS, 'subject = ?');

/** Cancels any owner's job. */
export function* operatorCancel(ctx: CommandContext, c: Commands['operatorCancel'][0]): QueryPlan<JobStatus> {
  const job = yield* requireJob(c.jobId);
  if (isUnfinished(job)) {
    yield* deleteHold(job.jobId);
    yield* endJob(ctx, job, c.reason);
  }
  return statusOf(job);
}

/** Pauses a job: revokes its leases, and grants none until it is resumed. */
export function* pauseJob(ctx: CommandContext, c: Commands['pauseJob'][0]): QueryPlan<JobStatus> {
  const job = yield* requireJob(c.jobId);
  if (!isUnfinished(job)) throw jobEndedError(job);
  // Without a new reason the earlier one stays.
  const known = (yield* findHold(job.jobId))?.reason;
  yield* hold(ctx, job, c.reason || known || 'paused by the operator', '');
  return statusOf(job);
}

/** Resumes a job that the operator or a ban has paused. @returns whether it was paused so */
export function* resumeJob(
  ctx: CommandContext,
  c: Commands['resumeJob'][0],
): QueryPlan<Commands['resumeJob'][1]> {
  const job = yield* requireJob(c.jobId);
  if (!isUnfinished(job)) throw jobEndedError(job);
  const wasPaused = (yield* findHold(job.jobId)) !== undefined;
  if (wasPaused) yield* release(ctx, job);
  return { wasPaused };
}

/** Stores a ban; the jobs of a banned identity are paused. */
export function* ban(ctx: CommandContext, c: Commands['ban'][0]): QueryPlan<Ban> {
  const count = yield* countBans();
  if (count >= BANS_MAX) {
    const text = `there are ${count} bans already, the maximum: remove some, or ban a whole network`;
    throw new ManyhandsError('LIMIT_EXCEEDED', text, { limit: 'BANS_MAX', max: BANS_MAX, actual: count + 1 });
  }
  const { subject, kind, reason } = c;
  yield* putBan({ subject, kind, reason, atMs: ctx.nowMs });
  if (kind === 'identity') {
    const why = `The operator of this scheduler has banned its owner${reason === '' ? '' : `: ${reason}`}`;
    for (const { jobId } of yield* unfinishedOf(subject)) {
      // A job that the operator paused directly stays paused when the ban is removed.
      if ((yield* findHold(jobId))?.banned !== '') yield* hold(ctx, (yield* lockJob(jobId))!, why, subject);
    }
  }
  return { subject, kind, reason, atMs: ctx.nowMs };
}

/** Removes a ban; jobs that it paused are resumed. */
export function* unban(ctx: CommandContext, c: Commands['unban'][0]): QueryPlan<{ removed: boolean }> {
  const removed = yield* isBanned(c.subject);
  yield* deleteBan(c.subject);
  for (const { jobId } of yield* heldBy(c.subject)) {
    const job = (yield* lockJob(jobId))!;
    if (isUnfinished(job)) yield* release(ctx, job);
  }
  return { removed };
}

function* hold(ctx: CommandContext, job: JobRecord, reason: string, banned: string): QueryPlan<void> {
  yield* putHold({ jobId: job.jobId, reason, banned, atMs: ctx.nowMs });
  yield* revokeJobLeases(ctx, job, 'the operator paused the job');
  const next = nextJobStatus(job, { type: 'hold', reason });
  if (next !== undefined) yield* applyTransition(ctx, job, next);
  yield* saveJob(job);
}

function* release(ctx: CommandContext, job: JobRecord): QueryPlan<void> {
  yield* deleteHold(job.jobId);
  yield* updateJobStatus(ctx, job);
  ctx.events.work.set(job.jobId, job);
}

function* requireJob(jobId: string): QueryPlan<JobRecord> {
  const job = yield* lockJob(jobId);
  if (job === undefined) throw unknownJob(jobId);
  return job;
}

const isUnfinished = (job: JobRecord): boolean => !isFinalStatus(job.runStatus);

function jobEndedError({ jobId, runStatus }: JobRecord): ManyhandsError {
  return new ManyhandsError('JOB_STATE', `job ${jobId} is ${runStatus}: it cannot be paused or resumed`, {
    jobId,
    runStatus,
  });
}
