/**
 * Commands of workers around a lease: lend, give back, renew, and take back what is lost.
 * @module
 */
import {
  LEASE_GRACE_MS,
  LEASE_INPUT_BYTES_MAX,
  LEASE_MS,
  LEASES_PER_WORKER_MAX,
  RESTART_GRACE_MS,
} from '../../../protocol/limits.js';
import { runnerOf, withAttempt } from '../../policy/attempts.js';
import { carveCount } from '../../policy/carve-lease.js';
import { fundedSlices } from '../../policy/price.js';
import { silentMsMax } from '../../policy/silence.js';
import { sliceMsFor, slicesOf } from '../../policy/slice-profile.js';
import { leaseInputs } from '../rows/inputs.js';
import { countLeaseBegun, countLeaseEnded, findJob, saveJob, type JobRecord } from '../rows/job-record.js';
import { learnOf, profileOf, trimmedProfileOf } from '../job-workers.js';
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
import { all, get, run, type Script } from '../rows/query-plan.js';
import type { Answer, Commands, Granted, LentLease } from '../port/store.js';
import { forgetAnswers } from './answers.js';
import type { CommandContext } from './context.js';
import { settle } from './escrow.js';
import { findWork, type Work } from './find-work.js';
import { findLease, holderOf, LEASE_COLUMNS, type LeaseRow } from './lease-row.js';
import { endLostSlice } from './lost-slice.js';
import { settleFailure } from './settle-failure.js';

/** Lends slices of the neediest eligible job; none to a worker that has as many leases as it may. */
export function* lease(ctx: CommandContext, c: Commands['lease'][0]): Script<Answer<'lease'>> {
  const held = yield* get<{ leases: number }>(
    'SELECT COUNT(*) AS leases FROM leases WHERE worker_id = ?',
    c.worker.workerId,
  );
  if (held!.leases >= LEASES_PER_WORKER_MAX) return 'later';
  const work = yield* findWork(ctx, c);
  return work === undefined || work === 'later' ? (work ?? null) : yield* grant(ctx, c, work);
}

function* grant(ctx: CommandContext, c: Commands['lease'][0], { job: chosen, range }: Work): Script<Granted> {
  const job = (yield* findJob(chosen.jobId))!;
  const profile = yield* trimmedProfileOf(job.jobId);
  const sliceMs = sliceMsFor(profile, c.worker.workerId);
  const wanted = carveCount({
    sliceMs,
    reported: slicesOf(profile, c.worker.workerId),
    pending: job.pending,
    leases: job.leases,
    rangeSlices: range.last - range.first + 1,
    isAlone: range.lost > 0 || attemptsOf(range).some(({ kind }) => kind === 'silent'),
    funded: fundedSlices(job.price, job.escrow, job.leased),
  });
  const { parts, count } = yield* leaseInputs(job.jobId, range.first, wanted, LEASE_INPUT_BYTES_MAX);
  yield* lend(ctx, c, job, range.first, count);
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
      ...(sliceMs === undefined ? {} : { sliceMs }),
    },
  };
}

function* lend(
  ctx: CommandContext,
  c: Commands['lease'][0],
  job: JobRecord,
  first: number,
  count: number,
): Script<void> {
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
  if (c.warmth?.warm !== job.jobId) job.turnMs = ctx.nowMs;
  yield* run(
    'INSERT INTO leases (lease_id, job_id, worker_id, payee, next, last, deadline_ms, granted_ms, progress_ms, isolation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    c.leaseId,
    job.jobId,
    c.worker.workerId,
    runnerOf(c.worker).payee,
    first,
    last,
    ctx.nowMs + LEASE_MS,
    ctx.nowMs,
    ctx.nowMs,
    c.worker.isolation,
  );
  job.pending -= count;
  job.leased += count;
  yield* saveJob(job);
}

/** Takes the tail from `from` on out of a lease, uncharged. A lease that is gone has nothing to give back. */
export function* giveBack(ctx: CommandContext, c: Commands['giveBack'][0]): Script<Answer<'giveBack'>> {
  const held = yield* findLease(c.leaseId, c.workerId);
  if (held === undefined) return { next: c.from, left: 0 };
  const from = Math.max(c.from, held.next);
  if (from > held.last) return { next: held.next, left: held.last - held.next + 1 };
  const job = (yield* findJob(held.job_id))!;
  const isRefused = c.isRecalled !== true && from === held.next;
  yield* releaseTail(job, held, from, isRefused ? ctx.nowMs : undefined);
  yield* settle(ctx, job);
  ctx.notes.work.set(job.jobId, job);
  return { next: held.next, left: from - held.next };
}

/**
 * Makes slices `from` to the lease's end pending again; the lease ends where nothing is left of it.
 * @param refusedMs when its worker gave it back without an attempt; undefined where others wait for it, or it is taken
 */
function* releaseTail(job: JobRecord, held: LeaseRow, from: number, refusedMs?: number): Script<void> {
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
    ...(refusedMs === undefined ? historyOf(range) : refused(range, held, refusedMs)),
  });
  job.leased -= held.last - from + 1;
  job.pending += held.last - from + 1;
}

/** The history of slices that failed before and that a worker would not try: it is not waited for again. */
function refused(range: RangeRow, held: LeaseRow, nowMs: number): RangeHistory {
  if (range.failures === '') return historyOf(range);
  const attempts = withAttempt(attemptsOf(range), { kind: 'returned', ...holderOf(held) }, nowMs);
  return { ...historyOf(range), failures: attemptsText(attempts) };
}

/** Puts a lease's deadline off, by a sign of life of its worker; not for ever where it makes no progress. */
function* renewLease(held: LeaseRow, job: JobRecord, nowMs: number): Script<void> {
  const silentUntilMs = held.progress_ms + (yield* silenceOf(held, job));
  const deadline = Math.min(nowMs + LEASE_MS, silentUntilMs);
  yield* run('UPDATE leases SET deadline_ms = ? WHERE lease_id = ?', deadline, held.lease_id);
}

/** How long the lease may go without progress, milliseconds. */
function* silenceOf(held: LeaseRow, job: JobRecord): Script<number> {
  const range = yield* rangeAt(job.jobId, held.next);
  return silentMsMax(yield* profileOf(job.jobId), range === undefined ? [] : attemptsOf(range));
}

/** Puts the deadline of that worker's leases off. */
export function* renew(ctx: CommandContext, c: Commands['renew'][0]): Script<Answer<'renew'>> {
  const lost: string[] = [];
  for (const leaseId of c.leaseIds) {
    const held = yield* findLease(leaseId, c.workerId);
    if (held === undefined) lost.push(leaseId);
    else yield* renewLease(held, (yield* findJob(held.job_id))!, ctx.nowMs);
  }
  for (const leaseId of c.unknown ?? []) {
    const held = yield* findLease(leaseId, c.workerId);
    if (held !== undefined) yield* giveBack(ctx, { leaseId, workerId: c.workerId, from: held.next });
  }
  return { lost };
}

/** A worker is back before its leases ended: they get their full time again. */
export function* adopt(ctx: CommandContext, c: Commands['adopt'][0]): Script<Answer<'adopt'>> {
  const rows = yield* all<LeaseRow>(`SELECT ${LEASE_COLUMNS} FROM leases WHERE worker_id = ?`, c.workerId);
  const leases: LentLease[] = [];
  for (const row of rows) {
    const { lease_id: leaseId, job_id: jobId, next, last } = row;
    const job = (yield* findJob(jobId))!;
    yield* renewLease(row, job, ctx.nowMs);
    const sliceMs = sliceMsFor(yield* profileOf(jobId), c.workerId);
    const attempt = attemptNumber((yield* rangeAt(jobId, next)) ?? NO_HISTORY);
    leases.push({ leaseId, next, last, job, attempt, ...(sliceMs === undefined ? {} : { sliceMs }) });
  }
  return { leases };
}

/** A worker's socket is gone: its leases end soon unless it comes back. */
export function* orphan(ctx: CommandContext, c: Commands['orphan'][0]): Script<null> {
  const soon = ctx.nowMs + LEASE_GRACE_MS;
  yield* run(
    'UPDATE leases SET deadline_ms = ? WHERE worker_id = ? AND deadline_ms > ?',
    soon,
    c.workerId,
    soon,
  );
  return null;
}

/** The scheduler was away: every worker gets the time to come back. */
export function* revive(ctx: CommandContext): Script<null> {
  const soon = ctx.nowMs + RESTART_GRACE_MS;
  yield* run('UPDATE leases SET deadline_ms = ?', soon);
  return null;
}

/** The store takes commits again: leases that could not be renewed meanwhile get the time to be. */
export function* recover(ctx: CommandContext, c: Commands['recover'][0]): Script<null> {
  yield* run(
    "INSERT INTO meta (key, value) VALUES ('recoveredMs', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    String(ctx.nowMs),
  );
  const soon = ctx.nowMs + RESTART_GRACE_MS;
  if (c.putOffDeadlines) yield* run('UPDATE leases SET deadline_ms = ? WHERE deadline_ms < ?', soon, soon);
  return null;
}

/** Leases that one transaction takes back at most. */
const EXPIRE_BATCH = 1_000;

/**
 * Takes every lease past its deadline back, and charges an attempt to its first unreported slice only; answers to
 * reports are forgotten when they are old.
 */
export function* expire(ctx: CommandContext): Script<Answer<'expire'>> {
  const late = yield* all<LeaseRow>(
    `SELECT ${LEASE_COLUMNS} FROM leases WHERE deadline_ms <= ? LIMIT ${EXPIRE_BATCH}`,
    ctx.nowMs,
  );
  for (const held of late) {
    const job = (yield* findJob(held.job_id))!;
    // The lease before it may have been the one that stopped the job: then all of its leases are over.
    if (job.runStatus === 'cancelled') continue;
    if (ctx.nowMs - held.progress_ms >= (yield* silenceOf(held, job))) {
      yield* endSilent(ctx, job, held, 'it made no progress');
      continue;
    }
    ctx.notes.revoked.push({ leaseId: held.lease_id, reason: 'it was not renewed in time' });
    if (held.last > held.next) yield* releaseTail(job, held, held.next + 1);
    const error = {
      code: 'LEASE_LOST',
      message: `the worker that had slice ${held.next} went away without a word`,
    };
    yield* endLostSlice(ctx, job, { ...held, last: held.next }, error);
    yield* settleFailure(ctx, job);
    ctx.notes.work.set(job.jobId, job);
  }
  yield* forgetAnswers(ctx);
  return { expired: late.length };
}

/** Takes a lease back whose worker gives nothing of it to those who wait. */
export function* takeBack(ctx: CommandContext, c: Commands['takeBack'][0]): Script<null> {
  const held = yield* findLease(c.leaseId, c.workerId);
  if (held === undefined) return null;
  yield* endSilent(ctx, (yield* findJob(held.job_id))!, held, 'others waited, and it gave nothing back');
  return null;
}

/** Ends a lease without progress, uncharged: its first slice, which may be a long one, runs alone from then on. */
function* endSilent(ctx: CommandContext, job: JobRecord, held: LeaseRow, reason: string): Script<void> {
  ctx.notes.revoked.push({ leaseId: held.lease_id, reason });
  const range = (yield* rangeAt(job.jobId, held.next))!;
  const attempts = withAttempt(attemptsOf(range), { kind: 'silent', ...holderOf(held) }, ctx.nowMs);
  // The worker may be slow: what it has shown by its silence counts for what it gets next.
  const silent = { ms: ctx.nowMs - held.progress_ms, slices: 1 };
  yield* learnOf(job.jobId, held.worker_id, silent, ctx.nowMs);
  const slice = held.next;
  if (held.last > slice) yield* releaseTail(job, held, slice + 1);
  yield* removeRange(job.jobId, slice);
  yield* run('DELETE FROM leases WHERE lease_id = ?', held.lease_id);
  yield* countLeaseEnded(job, held.worker_id);
  const history = { ...historyOf(range), failures: attemptsText(attempts) };
  yield* putRange(job.jobId, { first: slice, last: slice, state: 'pending', ...history });
  job.leased -= 1;
  job.pending += 1;
  yield* settle(ctx, job);
  ctx.notes.work.set(job.jobId, job);
}
