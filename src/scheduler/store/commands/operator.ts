/**
 * Commands of the operator: pause, resume and cancel any job; ban and unban.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { BANS_MAX } from '../../../protocol/limits.js';
import type { JobStatus } from '../../../protocol/messages/messages.js';
import type { Ban, BanKind } from '../../../protocol/messages/operator-messages.js';
import { isFinalStatus, nextJobStatus } from '../../policy/job-status.js';
import { findJob, saveJob, statusOf, type JobRecord } from '../rows/job-record.js';
import { all, get, run, type QueryPlan } from '../rows/query-plan.js';
import { unknownJob } from '../port/job-errors.js';
import type { Commands } from '../port/store.js';
import type { CommandContext } from './context.js';
import { endJob, revokeJobLeases } from './end-job.js';
import { applyTransition, updateJobStatus } from './update-job-status.js';

/** Cancels any owner's job. */
export function* operatorCancel(ctx: CommandContext, c: Commands['operatorCancel'][0]): QueryPlan<JobStatus> {
  const job = yield* requireJob(c.jobId);
  if (isUnfinished(job)) {
    yield* run('DELETE FROM holds WHERE job_id = ?', job.jobId);
    yield* endJob(ctx, job, c.reason);
  }
  return statusOf(job);
}

/** Pauses a job: revokes its leases, and grants none until it is resumed. */
export function* pauseJob(ctx: CommandContext, c: Commands['pauseJob'][0]): QueryPlan<JobStatus> {
  const job = yield* requireJob(c.jobId);
  if (!isUnfinished(job)) throw jobEndedError(job);
  // Without a new reason the earlier one stays.
  const known = yield* holdReason(job);
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
  const wasPaused = (yield* holdReason(job)) !== undefined;
  if (wasPaused) yield* release(ctx, job);
  return { wasPaused };
}

/** Stores a ban; the jobs of a banned identity are paused. */
export function* ban(ctx: CommandContext, c: Commands['ban'][0]): QueryPlan<Ban> {
  const count = (yield* get<{ bans: number }>('SELECT COUNT(*) AS bans FROM bans'))!.bans;
  if (count >= BANS_MAX) {
    const text = `there are ${count} bans already, the maximum: remove some, or ban a whole network`;
    throw new ManyhandsError('LIMIT_EXCEEDED', text, { limit: 'BANS_MAX', max: BANS_MAX, actual: count + 1 });
  }
  const { subject, kind, reason } = c;
  yield* run(
    `INSERT INTO bans (subject, kind, reason, at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET reason = excluded.reason, at_ms = excluded.at_ms`,
    subject,
    kind,
    reason,
    ctx.nowMs,
  );
  if (kind === 'identity') {
    const why = `The operator of this scheduler has banned its owner${reason === '' ? '' : `: ${reason}`}`;
    for (const job of yield* unfinishedJobsOf(subject)) {
      // A job that the operator paused directly stays paused when the ban is removed.
      const held = yield* get<{ banned: string }>('SELECT banned FROM holds WHERE job_id = ?', job.jobId);
      if (held?.banned !== '') yield* hold(ctx, job, why, subject);
    }
  }
  return { subject, kind, reason, atMs: ctx.nowMs };
}

/** Removes a ban; jobs that it paused are resumed. */
export function* unban(ctx: CommandContext, c: Commands['unban'][0]): QueryPlan<{ removed: boolean }> {
  const known = yield* get('SELECT 1 AS one FROM bans WHERE subject = ?', c.subject);
  yield* run('DELETE FROM bans WHERE subject = ?', c.subject);
  const held = yield* all<{ job_id: string }>('SELECT job_id FROM holds WHERE banned = ?', c.subject);
  for (const { job_id: jobId } of held) {
    const job = yield* findJob(jobId);
    if (job !== undefined && isUnfinished(job)) yield* release(ctx, job);
  }
  return { removed: known !== undefined };
}

export function* readBans(): QueryPlan<Ban[]> {
  const rows = yield* all<{ subject: string; kind: BanKind; reason: string; at_ms: number }>(
    'SELECT subject, kind, reason, at_ms FROM bans ORDER BY at_ms, subject',
  );
  return rows.map(({ subject, kind, reason, at_ms: atMs }) => ({ subject, kind, reason, atMs }));
}

function* hold(ctx: CommandContext, job: JobRecord, reason: string, banned: string): QueryPlan<void> {
  yield* run(
    `INSERT INTO holds (job_id, reason, banned, at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (job_id) DO UPDATE SET reason = excluded.reason, banned = excluded.banned`,
    job.jobId,
    reason,
    banned,
    ctx.nowMs,
  );
  yield* revokeJobLeases(ctx, job, 'the operator paused the job');
  const next = nextJobStatus(job, { type: 'hold', reason });
  if (next !== undefined) yield* applyTransition(ctx, job, next);
  yield* saveJob(job);
}

/** The reason for which the operator or a ban has paused the job; undefined when it is not paused so. */
function* holdReason(job: JobRecord): QueryPlan<string | undefined> {
  const held = yield* get<{ reason: string }>('SELECT reason FROM holds WHERE job_id = ?', job.jobId);
  return held?.reason;
}

function* release(ctx: CommandContext, job: JobRecord): QueryPlan<void> {
  yield* run('DELETE FROM holds WHERE job_id = ?', job.jobId);
  yield* updateJobStatus(ctx, job);
  ctx.events.work.set(job.jobId, job);
}

function* unfinishedJobsOf(owner: string): QueryPlan<JobRecord[]> {
  const rows = yield* all<{ job_id: string }>(
    `SELECT job_id FROM jobs WHERE owner = ? AND run_status IN ('running', 'paused')`,
    owner,
  );
  const jobs: JobRecord[] = [];
  for (const { job_id: jobId } of rows) jobs.push((yield* findJob(jobId))!);
  return jobs;
}

function* requireJob(jobId: string): QueryPlan<JobRecord> {
  const job = yield* findJob(jobId);
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
