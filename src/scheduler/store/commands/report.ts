/**
 * The commit of outcomes: what is final, what runs again, who is paid, and one journal row.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { cutText } from '../../../lib/text.js';
import { ENVELOPE_KIND } from '../../../protocol/segment/envelope.js';
import { LEASE_MS, REASON_LENGTH_MAX, SLICE_MS_MAX } from '../../../protocol/limits.js';
import { UNLOADABLE_REASON } from '../../../protocol/job/reasons.js';
import { SegmentReader, sliceSegment } from '../../../protocol/segment/segment.js';
import {
  isConfirmed,
  isUnloadable,
  judge,
  judgeFailure,
  withAttempt,
  type Judgement,
  type LoadRecord,
} from '../../policy/attempts.js';
import { medianSliceMs } from '../../policy/slice-profile.js';
import { countLeaseEnded, findJob, type JobRecord } from '../rows/job-record.js';
import { addFailedLoad, failedLoadsOf, learnOf, profileOf } from '../job-workers.js';
import {
  attemptsOf,
  attemptsText,
  NO_HISTORY,
  putRange,
  rangeAt,
  removeRange,
  shortenRange,
  type RangeHistory,
} from '../rows/ranges.js';
import { run as write, type Script } from '../rows/query-plan.js';
import type { Answer, ReportCommand } from '../port/store.js';
import { findAnswer, rememberAnswer } from './answers.js';
import { isAnotherThere, note, type CommandContext } from './context.js';
import { endJob } from './end-job.js';
import { payExecutions } from './escrow.js';
import { findLease, holderOf, type LeaseRow } from './lease-row.js';
import { endLostSlice } from './lost-slice.js';
import { settleFailure } from './settle-failure.js';

/**
 * Takes the outcomes of a lease's next slices. The same report again changes nothing and has the same answer, also
 * where the lease is over; a lease that is gone, or slices that are not its next ones, are refused with `LEASE_LOST`
 * and `MESSAGE_MALFORMED`.
 */
export function* report(ctx: CommandContext, c: ReportCommand): Script<Answer<'report'>> {
  const held = yield* findLease(c.leaseId, c.workerId);
  const end = c.first + c.count + (c.lost === undefined ? 0 : 1);
  if (held === undefined || end <= held.next) {
    const answer = yield* findAnswer(c);
    if (answer !== undefined) return answer;
  }
  if (held === undefined) {
    throw new ManyhandsError(
      'LEASE_LOST',
      `lease ${c.leaseId} is not yours (any more): drop what is left of it`,
      {
        leaseId: c.leaseId,
      },
    );
  }
  if (end <= held.next)
    return { jobId: held.job_id, next: held.next, left: held.last - held.next + 1, paid: 0n };
  checkPlace(c, held, end);
  const reader = readSegment(c);
  const job = (yield* findJob(held.job_id))!;
  let rest: LeaseRow = held;
  let paid = 0n;
  if (reader !== undefined) {
    paid = yield* takeOutcomes(ctx, job, held, reader, c.segment!);
    rest = { ...held, next: held.next + c.count };
    const ms = believed(c.computeMs, ctx.nowMs - held.granted_ms);
    yield* learnOf(job.jobId, held.worker_id, { ms, slices: c.count }, ctx.nowMs);
  }
  if (c.lost !== undefined) {
    if (c.lost.code === 'ASSIGN_FAILED') yield* addFailedLoad(job, holderOf(held), ctx.nowMs);
    yield* endLostSlice(ctx, job, rest, c.lost);
    yield* write('UPDATE leases SET progress_ms = ? WHERE lease_id = ?', ctx.nowMs, held.lease_id);
    ctx.notes.work.set(job.jobId, job);
  } else if (rest.next > rest.last) {
    yield* write('DELETE FROM leases WHERE lease_id = ?', held.lease_id);
    yield* countLeaseEnded(job, held.worker_id);
  } else {
    const deadline = ctx.nowMs + LEASE_MS;
    yield* write(
      'UPDATE leases SET next = ?, deadline_ms = ?, progress_ms = ? WHERE lease_id = ?',
      rest.next,
      deadline,
      ctx.nowMs,
      held.lease_id,
    );
  }
  if (c.lost !== undefined && isUnloadable(yield* loadRecordOf(job), isAnotherThere(ctx, job), ctx.nowMs)) {
    const reason = `${UNLOADABLE_REASON}${c.lost.message}`;
    yield* endJob(ctx, job, cutText(reason, REASON_LENGTH_MAX));
  } else {
    yield* settleFailure(ctx, job);
  }
  const answer = { jobId: job.jobId, next: end, left: held.last - end + 1, paid };
  yield* rememberAnswer(ctx, c, answer);
  return answer;
}

/**
 * What of a reported computing time can be true: no more than the lease was held, and a millisecond for the clock. A
 * worker that says more would make all others get one slice at a time.
 */
function believed(computeMs: number, heldMs: number): number {
  return Math.max(0, Math.min(computeMs, heldMs + 1, SLICE_MS_MAX));
}

function* loadRecordOf(job: JobRecord): Script<LoadRecord> {
  const profile = yield* profileOf(job.jobId);
  const unloadableBy = yield* failedLoadsOf(job.jobId);
  return { ...job, unloadableBy, loadedBy: profile.length, sliceMs: medianSliceMs(profile) ?? 0 };
}

function checkPlace(c: ReportCommand, held: LeaseRow, end: number): void {
  if (c.first !== held.next || end - 1 > held.last) {
    throw new ManyhandsError(
      'MESSAGE_MALFORMED',
      `a report of lease ${c.leaseId} must begin at slice ${held.next} and end by ${held.last}, not ${c.first} to ${end - 1}`,
      { path: 'lease.report.first' },
    );
  }
}

function readSegment(c: ReportCommand): SegmentReader | undefined {
  if (c.count === 0) return undefined;
  const reader = c.segment === undefined ? undefined : new SegmentReader(c.segment);
  if (reader?.count !== c.count) {
    throw new ManyhandsError(
      'SEGMENT_MALFORMED',
      `the report says ${c.count} outcomes and its segment has ${reader?.count ?? 'none'}`,
      { path: 'lease.report.segment' },
    );
  }
  return reader;
}

/** Writes the outcomes down and pays the final ones; the lease's range shrinks by them. */
function* takeOutcomes(
  ctx: CommandContext,
  job: JobRecord,
  held: LeaseRow,
  reader: SegmentReader,
  segment: Uint8Array,
): Script<bigint> {
  const range = (yield* rangeAt(job.jobId, held.next))!;
  const { count } = reader;
  const isFailure = (i: number): boolean => reader.kind(i) === ENVELOPE_KIND.error;
  let hasFailure = false;
  for (let i = 0; i < count && !hasFailure; i++) hasFailure = isFailure(i);
  // Most reports have results alone: what failed before is read where something did now.
  const attempts = hasFailure
    ? withAttempt(attemptsOf(range), { kind: 'thrown', ...holderOf(held) }, ctx.nowMs)
    : [];
  const onFailure = hasFailure ? judgeFailure(attempts, 'thrown', isAnotherThere(ctx, job)) : 'retry';
  const judgements = judge(count, isFailure, onFailure);
  const thrown = { lost: range.lost, thrown: range.thrown + 1, failures: attemptsText(attempts) };
  if (held.next + count > held.last) yield* removeRange(job.jobId, held.next);
  else yield* shortenRange(job.jobId, held.next, held.next + count);
  job.leased -= count;
  const final: Judgement[] = [];
  for (const judgement of judgements) {
    yield* place(job, held.next, judgement, thrown, ctx.nowMs);
    if (judgement.verdict !== 'retry') final.push(judgement);
    else ctx.notes.work.set(job.jobId, job);
  }
  if (final.length === 0) return 0n;
  // An error that one payee alone saw may be its own: it is not paid.
  const isPaid = ({ verdict }: Judgement): boolean => verdict === 'accept' || isConfirmed(attempts);
  // What is not paid is left for slices that had no funds.
  if (!final.every(isPaid)) ctx.notes.work.set(job.jobId, job);
  const slices = final.filter(isPaid).reduce((sum, judgement) => sum + judgement.count, 0);
  const paid = yield* payExecutions(ctx, job, held.payee, slices, job.seq + 1);
  const seq = yield* note(ctx, job, { kind: 'outcomes' });
  for (const { from, count: run } of joined(final)) {
    const part = run === count ? segment : sliceSegment(segment, from, run);
    yield* write(
      'INSERT INTO outputs (job_id, first, count, seq, segment) VALUES (?, ?, ?, ?, ?)',
      job.jobId,
      held.next + from,
      run,
      seq,
      part,
    );
  }
  return paid;
}

/** `thrown`: the history of the slices that threw once more. */
function* place(
  job: JobRecord,
  base: number,
  judgement: Judgement,
  thrown: RangeHistory,
  nowMs: number,
): Script<void> {
  const first = base + judgement.from;
  const last = first + judgement.count - 1;
  switch (judgement.verdict) {
    case 'accept':
      job.accepted += judgement.count;
      job.resultMs = nowMs;
      return yield* putRange(job.jobId, { first, last, state: 'accepted', ...NO_HISTORY });
    case 'fail':
      job.failed += judgement.count;
      return yield* putRange(job.jobId, { first, last, state: 'failed', ...NO_HISTORY });
    case 'retry':
      job.pending += judgement.count;
      return yield* putRange(job.jobId, { first, last, state: 'pending', ...thrown });
  }
}

/** Neighbouring final runs as one: accepted and failed outcomes travel in the same segment. */
function joined(runs: readonly Judgement[]): { from: number; count: number }[] {
  const parts: { from: number; count: number }[] = [];
  for (const { from, count } of runs) {
    const last = parts.at(-1);
    if (last !== undefined && last.from + last.count === from) last.count += count;
    else parts.push({ from, count });
  }
  return parts;
}
