/**
 * Commands of the operator: pause, resume and end any job, and keep somebody out.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { BANS_MAX } from '../../../protocol/limits.js';
import type { JobStatus } from '../../../protocol/messages/messages.js';
import type { Ban, BanKind } from '../../../protocol/messages/operator-messages.js';
import { findJob, saveJob, statusOf, type JobRecord } from '../rows/job-record.js';
import { all, get, run, type Script } from '../rows/query-plan.js';
import type { Commands } from '../port/store.js';
import { note, type CommandContext } from './context.js';
import { endJob, releaseLeases } from './end-job.js';
import { settle } from './escrow.js';

/** Ends anybody's job where it is. */
export function* operatorCancel(ctx: CommandContext, c: Commands['operatorCancel'][0]): Script<JobStatus> {
  const job = yield* anyJob(c.jobId);
  if (isLive(job)) {
    yield* run('DELETE FROM holds WHERE job_id = ?', job.jobId);
    yield* endJob(ctx, job, c.reason);
  }
  return statusOf(job);
}

/** Takes back what is leased of a job, and lends nothing of it until it is resumed. */
export function* pauseJob(ctx: CommandContext, c: Commands['pauseJob'][0]): Script<JobStatus> {
  const job = yield* anyJob(c.jobId);
  if (!isLive(job)) throw ended(job);
  // Without a reason the one stays that its owner knows.
  const known = yield* heldFor(job);
  yield* hold(ctx, job, c.reason || known || 'paused by the operator', '');
  return statusOf(job);
}

/** Lets a job go on; resolves with whether it was held. */
export function* resumeJob(
  ctx: CommandContext,
  c: Commands['resumeJob'][0],
): Script<Commands['resumeJob'][1]> {
  const job = yield* anyJob(c.jobId);
  if (!isLive(job)) throw ended(job);
  const wasPaused = (yield* heldFor(job)) !== undefined;
  if (wasPaused) yield* release(ctx, job);
  return { wasPaused };
}

/** Keeps somebody out; jobs of an identity are paused. */
export function* ban(ctx: CommandContext, c: Commands['ban'][0]): Script<Ban> {
  const count = (yield* get<{ bans: number }>('SELECT COUNT(*) AS bans FROM bans'))!.bans;
  if (count >= BANS_MAX) {
    const text = `${count} bans are kept already, the most there may be: take some back, or ban a whole prefix`;
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
    const why = `The operator of this scheduler keeps its owner out${reason === '' ? '' : `: ${reason}`}`;
    for (const job of yield* liveJobsOf(subject)) {
      // What the operator paused by itself stays so when the ban is taken back.
      const held = yield* get<{ banned: string }>('SELECT banned FROM holds WHERE job_id = ?', job.jobId);
      if (held?.banned !== '') yield* hold(ctx, job, why, subject);
    }
  }
  return { subject, kind, reason, atMs: ctx.nowMs };
}

/** Lets somebody in again; jobs that were paused by the ban go on. */
export function* unban(ctx: CommandContext, c: Commands['unban'][0]): Script<{ removed: boolean }> {
  const known = yield* get('SELECT 1 AS one FROM bans WHERE subject = ?', c.subject);
  yield* run('DELETE FROM bans WHERE subject = ?', c.subject);
  const held = yield* all<{ job_id: string }>('SELECT job_id FROM holds WHERE banned = ?', c.subject);
  for (const { job_id: jobId } of held) {
    const job = yield* findJob(jobId);
    if (job !== undefined && isLive(job)) yield* release(ctx, job);
  }
  return { removed: known !== undefined };
}

export function* readBans(): Script<Ban[]> {
  const rows = yield* all<{ subject: string; kind: BanKind; reason: string; at_ms: number }>(
    'SELECT subject, kind, reason, at_ms FROM bans ORDER BY at_ms, subject',
  );
  return rows.map(({ subject, kind, reason, at_ms: atMs }) => ({ subject, kind, reason, atMs }));
}

function* hold(ctx: CommandContext, job: JobRecord, reason: string, banned: string): Script<void> {
  yield* run(
    `INSERT INTO holds (job_id, reason, banned, at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (job_id) DO UPDATE SET reason = excluded.reason, banned = excluded.banned`,
    job.jobId,
    reason,
    banned,
    ctx.nowMs,
  );
  yield* releaseLeases(ctx, job, 'the operator paused the job');
  if (job.runStatus !== 'paused' || job.reason !== reason) {
    job.runStatus = 'paused';
    job.reason = reason;
    yield* note(ctx, job, { kind: 'paused', reason });
  }
  yield* saveJob(job);
}

/** The reason for which the operator holds a job; undefined where they do not. */
function* heldFor(job: JobRecord): Script<string | undefined> {
  const held = yield* get<{ reason: string }>('SELECT reason FROM holds WHERE job_id = ?', job.jobId);
  return held?.reason;
}

function* release(ctx: CommandContext, job: JobRecord): Script<void> {
  yield* run('DELETE FROM holds WHERE job_id = ?', job.jobId);
  yield* settle(ctx, job);
  ctx.notes.work.set(job.jobId, job);
}

function* liveJobsOf(owner: string): Script<JobRecord[]> {
  const rows = yield* all<{ job_id: string }>(
    `SELECT job_id FROM jobs WHERE owner = ? AND run_status IN ('running', 'paused')`,
    owner,
  );
  const jobs: JobRecord[] = [];
  for (const { job_id: jobId } of rows) jobs.push((yield* findJob(jobId))!);
  return jobs;
}

function* anyJob(jobId: string): Script<JobRecord> {
  const job = yield* findJob(jobId);
  if (job !== undefined) return job;
  throw new ManyhandsError('JOB_UNKNOWN', `no job ${jobId} is known here: check the id and the scheduler`, {
    jobId,
  });
}

const isLive = (job: JobRecord): boolean => job.runStatus === 'running' || job.runStatus === 'paused';

function ended({ jobId, runStatus }: JobRecord): ManyhandsError {
  return new ManyhandsError('JOB_STATE', `job ${jobId} is ${runStatus}: it cannot be paused or resumed`, {
    jobId,
    runStatus,
  });
}
