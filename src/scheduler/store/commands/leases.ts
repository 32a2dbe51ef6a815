/**
 * Commands on leases: grant, release, renew, reattach, extend, expire and revoke.
 * @module
 */
import {
  LEASE_GRACE_MS,
  LEASE_INPUT_BYTES_MAX,
  LEASE_MS,
  LEASES_PER_WORKER_MAX,
  RESTART_GRACE_MS,
} from '../../../protocol/limits.js';
import { executorOf, appendAttempt } from '../../policy/attempts.js';
import { leaseSize } from '../../policy/lease-size.js';
import { fundedSlices } from '../../policy/price.js';
import { progressTimeoutMs } from '../../policy/progress-timeout.js';
import { profiledSliceMs, reportedSlices } from '../../policy/slice-profile.js';
import { leaseInputs } from '../rows/inputs.js';
import { countLeaseBegun, countLeaseEnded, findJob, saveJob, type JobRecord } from '../rows/job-record.js';
import { addProfileSample, profileOf, trimmedProfileOf } from '../rows/job-workers.js';
import {
  attemptsOf,
  attemptsText,
  attemptNumber,
  historyOf,
  NO_HISTORY,
  putRange,
  rangeAt,
  removeRange,
  shortenRange,
  type RangeHistory,
  type RangeRow,
} from '../rows/ranges.js';
import { all, get, run, type QueryPlan } from '../rows/query-plan.js';
import type { CommandResult, Commands, LeaseGrant, StoredLease } from '../port/store.js';
import { deleteOldReportReplies } from './report-replies.js';
import type { CommandContext } from './context.js';
import { updateJobStatus } from './update-job-status.js';
import { findWork, type WorkItem } from './find-work.js';
import { findLease, executorOfLease, LEASE_COLUMNS, type LeaseRow } from './lease-row.js';
import { recordLostSlice } from './lost-slice.js';
import { updateStatusAfterFailure } from './status-after-failure.js';

/** Grants a lease of the job that `findWork` finds; `deferred` for a worker with `LEASES_PER_WORKER_MAX` leases. */
export function* grantLease(
  ctx: CommandContext,
  c: Commands['grantLease'][0],
): QueryPlan<CommandResult<'grantLease'>> {
  const held = yield* get<{ leases: number }>(
    'SELECT COUNT(*) AS leases FROM leases WHERE worker_id = ?',
    c.worker.workerId,
  );
  if (held!.leases >= LEASES_PER_WORKER_MAX) return 'deferred';
  const work = yield* findWork(ctx, c);
  return work === undefined || work === 'deferred' ? (work ?? null) : yield* createGrant(ctx, c, work);
}

function* createGrant(
  ctx: CommandContext,
  c: Commands['grantLease'][0],
  { job: chosen, range }: WorkItem,
): QueryPlan<LeaseGrant> {
  const job = (yield* findJob(chosen.jobId))!;
  const profile = yield* trimmedProfileOf(job.jobId);
  const sliceMs = profiledSliceMs(profile, c.worker.workerId);
  const size = leaseSize({
    sliceMs,
    reported: reportedSlices(profile, c.worker.workerId),
    pending: job.pending,
    leases: job.leases,
    rangeSlices: range.last - range.first + 1,
    isAlone: range.lost > 0 || attemptsOf(range).some(({ kind }) => kind === 'silent'),
    funded: fundedSlices(job.price, job.escrow, job.leased),
  });
  const { parts, count } = yield* leaseInputs(job.jobId, range.first, size, LEASE_INPUT_BYTES_MAX);
  yield* insertLease(ctx, c, job, range.first, count);
  return {
    job: chosen,
    attempt: attemptNumber(range),
    lease: {
      leaseId: c.leaseId,
      jobId: job.jobId,
      packageDigest: job.digest,
      first: range.first,
      count,
      inputs: parts,
      leaseMs: LEASE_MS,
      ...(sliceMs === undefined ? {} : { estimatedSliceMs: sliceMs }),
    },
  };
}

function* insertLease(
  ctx: CommandContext,
  c: Commands['grantLease'][0],
  job: JobRecord,
  first: number,
  count: number,
): QueryPlan<void> {
  const range = (yield* rangeAt(job.jobId, first))!;
  const last = first + count - 1;
  if (last === range.last) yield* removeRange(job.jobId, first);
  else yield* shortenRange(job.jobId, first, last + 1);
  yield* putRange(job.jobId, {
    first,
    last,
    state: 'leased',
    ...historyOf(range),
    lease_id: c.leaseId,
  });
  yield* countLeaseBegun(job, c.worker.workerId);
  job.servedMs = ctx.nowMs;
  if (c.warmth?.loadedJob !== job.jobId) job.turnMs = ctx.nowMs;
  yield* run(
    'INSERT INTO leases (lease_id, job_id, worker_id, payee, next, last, deadline_ms, granted_ms, progress_ms, isolation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    c.leaseId,
    job.jobId,
    c.worker.workerId,
    executorOf(c.worker).payee,
    first,
    last,
    ctx.nowMs + LEASE_MS,
    ctx.nowMs,
    ctx.nowMs,
    c.worker.sandboxHost,
  );
  job.pending -= count;
  job.leased += count;
  yield* saveJob(job);
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
  const job = (yield* findJob(held.job_id))!;
  const isRefusal = c.isRecalled !== true && from === held.next;
  yield* releaseTail(job, held, from, isRefusal ? ctx.nowMs : undefined);
  yield* updateJobStatus(ctx, job);
  ctx.events.work.set(job.jobId, job);
  return { next: held.next, left: from - held.next };
}

/**
 * Makes slices `from` to the lease's end pending again; the lease ends when no slice is left.
 * @param releasedMs wall time when its worker released it by itself; undefined for a recall or an expiry
 */
function* releaseTail(job: JobRecord, held: LeaseRow, from: number, releasedMs?: number): QueryPlan<void> {
  const range = (yield* rangeAt(job.jobId, held.next))!;
  yield* removeRange(job.jobId, held.next);
  if (from > held.next) {
    yield* putRange(job.jobId, { ...range, last: from - 1, lease_id: held.lease_id });
    yield* run('UPDATE leases SET last = ? WHERE lease_id = ?', from - 1, held.lease_id);
  } else {
    yield* run('DELETE FROM leases WHERE lease_id = ?', held.lease_id);
    yield* countLeaseEnded(job, held.worker_id);
  }
  yield* putRange(job.jobId, {
    first: from,
    last: held.last,
    state: 'pending',
    ...(releasedMs === undefined ? historyOf(range) : withRefusal(range, held, releasedMs)),
  });
  job.leased -= held.last - from + 1;
  job.pending += held.last - from + 1;
}

/** The history of failed slices, plus the refusal of a worker: after `RETURNS_MAX` of them no slice is deferred for it. */
function withRefusal(range: RangeRow, held: LeaseRow, nowMs: number): RangeHistory {
  if (range.failures === '') return historyOf(range);
  const attempts = appendAttempt(attemptsOf(range), { kind: 'returned', ...executorOfLease(held) }, nowMs);
  return { ...historyOf(range), failures: attemptsText(attempts) };
}

/** Extends a lease's deadline, but not beyond its progress time-out. */
function* renewLease(held: LeaseRow, job: JobRecord, nowMs: number): QueryPlan<void> {
  const silentUntilMs = held.progress_ms + (yield* progressTimeoutOf(held, job));
  const deadline = Math.min(nowMs + LEASE_MS, silentUntilMs);
  yield* run('UPDATE leases SET deadline_ms = ? WHERE lease_id = ?', deadline, held.lease_id);
}

/** How long the lease may make no progress, milliseconds. */
function* progressTimeoutOf(held: LeaseRow, job: JobRecord): QueryPlan<number> {
  const range = yield* rangeAt(job.jobId, held.next);
  return progressTimeoutMs(yield* profileOf(job.jobId), range === undefined ? [] : attemptsOf(range));
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
    else yield* renewLease(held, (yield* findJob(held.job_id))!, ctx.nowMs);
  }
  for (const leaseId of c.unknown ?? []) {
    const held = yield* findLease(leaseId, c.workerId);
    if (held !== undefined) yield* releaseLease(ctx, { leaseId, workerId: c.workerId, from: held.next });
  }
  return { expired };
}

/** A worker has reconnected: its leases get their full time again. */
export function* reattachLeases(
  ctx: CommandContext,
  c: Commands['reattachLeases'][0],
): QueryPlan<CommandResult<'reattachLeases'>> {
  const rows = yield* all<LeaseRow>(`SELECT ${LEASE_COLUMNS} FROM leases WHERE worker_id = ?`, c.workerId);
  const leases: StoredLease[] = [];
  for (const row of rows) {
    const { lease_id: leaseId, job_id: jobId, next, last } = row;
    const job = (yield* findJob(jobId))!;
    yield* renewLease(row, job, ctx.nowMs);
    const sliceMs = profiledSliceMs(yield* profileOf(jobId), c.workerId);
    const attempt = attemptNumber((yield* rangeAt(jobId, next)) ?? NO_HISTORY);
    leases.push({ leaseId, next, last, job, attempt, ...(sliceMs === undefined ? {} : { sliceMs }) });
  }
  return { leases };
}

/** A worker has disconnected: its leases end after `LEASE_GRACE_MS` unless it reconnects. */
export function* shortenLeases(ctx: CommandContext, c: Commands['shortenLeases'][0]): QueryPlan<null> {
  const soon = ctx.nowMs + LEASE_GRACE_MS;
  yield* run(
    'UPDATE leases SET deadline_ms = ? WHERE worker_id = ? AND deadline_ms > ?',
    soon,
    c.workerId,
    soon,
  );
  return null;
}

/**
 * The scheduler has restarted: all leases get `RESTART_GRACE_MS`, so that their workers can reconnect. It extends the leases
 * of the whole store, which is right for a single node. A second node on the same store would need a node id in `leases`
 * (written when the lease is granted, changed when the worker reconnects elsewhere), and must extend only its own.
 */
export function* extendLeasesAfterRestart(ctx: CommandContext): QueryPlan<null> {
  const soon = ctx.nowMs + RESTART_GRACE_MS;
  yield* run('UPDATE leases SET deadline_ms = ?', soon);
  return null;
}

/** The store accepts commits again: leases that could not be renewed meanwhile get time for it. */
export function* resumeAfterOutage(
  ctx: CommandContext,
  c: Commands['resumeAfterOutage'][0],
): QueryPlan<null> {
  yield* run(
    "INSERT INTO meta (key, value) VALUES ('recoveredMs', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    String(ctx.nowMs),
  );
  const soon = ctx.nowMs + RESTART_GRACE_MS;
  if (c.extendDeadlines) yield* run('UPDATE leases SET deadline_ms = ? WHERE deadline_ms < ?', soon, soon);
  return null;
}

/** Largest number of leases that one transaction expires. */
const EXPIRE_BATCH = 1_000;

/**
 * Ends every lease past its deadline, and charges an attempt only to its first unreported slice; deletes old replies to
 * reports.
 */
export function* expireLeases(ctx: CommandContext): QueryPlan<CommandResult<'expireLeases'>> {
  const late = yield* all<LeaseRow>(
    `SELECT ${LEASE_COLUMNS} FROM leases WHERE deadline_ms <= ? LIMIT ${EXPIRE_BATCH}`,
    ctx.nowMs,
  );
  for (const held of late) {
    const job = (yield* findJob(held.job_id))!;
    // An earlier lease in this batch may have stopped the job, which has ended all its leases.
    if (job.runStatus === 'cancelled') continue;
    if (ctx.nowMs - held.progress_ms >= (yield* progressTimeoutOf(held, job))) {
      yield* revokeSilentLease(ctx, job, held, 'it made no progress');
      continue;
    }
    ctx.events.revoked.push({ leaseId: held.lease_id, reason: 'it was not renewed in time' });
    if (held.last > held.next) yield* releaseTail(job, held, held.next + 1);
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
  yield* revokeSilentLease(
    ctx,
    (yield* findJob(held.job_id))!,
    held,
    'other workers waited, and it released no slices',
  );
  return null;
}

/** Ends a lease without progress, without a charged attempt; its first slice, which may be a long one, then runs alone. */
function* revokeSilentLease(
  ctx: CommandContext,
  job: JobRecord,
  held: LeaseRow,
  reason: string,
): QueryPlan<void> {
  ctx.events.revoked.push({ leaseId: held.lease_id, reason });
  const range = (yield* rangeAt(job.jobId, held.next))!;
  const attempts = appendAttempt(attemptsOf(range), { kind: 'silent', ...executorOfLease(held) }, ctx.nowMs);
  // The worker may be slow: the time without progress counts as a sample of its slice duration.
  const silent = { ms: ctx.nowMs - held.progress_ms, slices: 1 };
  yield* addProfileSample(job.jobId, held.worker_id, silent, ctx.nowMs);
  const slice = held.next;
  if (held.last > slice) yield* releaseTail(job, held, slice + 1);
  yield* removeRange(job.jobId, slice);
  yield* run('DELETE FROM leases WHERE lease_id = ?', held.lease_id);
  yield* countLeaseEnded(job, held.worker_id);
  const history = { ...historyOf(range), failures: attemptsText(attempts) };
  yield* putRange(job.jobId, { first: slice, last: slice, state: 'pending', ...history });
  job.leased -= 1;
  job.pending += 1;
  yield* updateJobStatus(ctx, job);
  ctx.events.work.set(job.jobId, job);
}
