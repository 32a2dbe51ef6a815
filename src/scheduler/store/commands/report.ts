/**
 * Records a report of a lease: final outcomes, slices that run again, payment, and one journal row.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { truncateText } from '../../../lib/text.js';
import { ENVELOPE_KIND } from '../../../protocol/segment/envelope.js';
import { LEASE_MS, REASON_LENGTH_MAX, SLICE_TIMEOUT_MS_MAX } from '../../../protocol/limits.js';
import { UNLOADABLE_REASON } from '../../../protocol/job/reasons.js';
import { SegmentReader, sliceSegment } from '../../../protocol/segment/segment.js';
import {
  isConfirmed,
  isUnloadable,
  classifyOutcomes,
  classifyFailure,
  appendAttempt,
  type OutcomeRun,
  type LoadHistory,
} from '../../policy/attempts.js';
import { medianSliceMs } from '../../policy/slice-profile.js';
import { countLeaseEnded, lockJob } from '../rows/job-record.js';
import { deleteCheckpoints } from '../rows/checkpoints.js';
import { addFailedLoad, failedLoadsOf, addProfileSample, profileOf } from '../rows/job-workers.js';
import { deleteLease, executorOfLease, findLease, progressLease, touchLease } from '../rows/leases.js';
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
import type { QueryPlan } from '../rows/query-plan.js';
import { insertInto } from '../rows/table-plans.js';
import type { CommandResult, ReportCommand } from '../port/store.js';
import type { JobRecord } from '../schema/job-tables.js';
import type { LeaseRow } from '../schema/lease-tables.js';
import { OUTCOMES } from '../schema/slice-tables.js';
import { findReportReply, saveReportReply } from './report-replies.js';
import { hasIndependentWorker, recordEvent, type CommandContext } from './context.js';
import { endJob } from './end-job.js';
import { payExecutions } from './escrow.js';
import { recordLostSlice } from './lost-slice.js';
import { updateStatusAfterFailure } from './status-after-failure.js';

const insertOutcomes = insertInto(OUTCOMES);

/**
 * Records the outcomes of a lease's next slices. Repeating a report changes nothing and has the same reply, even after the
 * lease has ended.
 * @throws LEASE_LOST when the worker does not hold the lease, MESSAGE_MALFORMED when the slices are not its next ones,
 *   SEGMENT_MALFORMED when the count of outcomes differs
 */
export function* report(ctx: CommandContext, c: ReportCommand): QueryPlan<CommandResult<'report'>> {
  const held = yield* findLease(c.leaseId, c.workerId);
  const end = c.first + c.count + (c.failure === undefined ? 0 : 1);
  if (held === undefined || end <= held.next) {
    const answer = yield* findReportReply(c);
    if (answer !== undefined) return answer;
  }
  if (held === undefined) {
    throw new ManyhandsError(
      'LEASE_LOST',
      `this worker does not hold lease ${c.leaseId} (any more): discard its remaining slices`,
      {
        leaseId: c.leaseId,
      },
    );
  }
  if (end <= held.next)
    return { jobId: held.jobId, next: held.next, left: held.last - held.next + 1, paid: 0n };
  checkPosition(c, held, end);
  const reader = readSegment(c);
  const job = (yield* lockJob(held.jobId))!;
  let remaining: LeaseRow = held;
  let paid = 0n;
  if (reader !== undefined) {
    paid = yield* recordOutcomes(ctx, job, held, reader, c.segment!);
    yield* deleteCheckpoints(job, held.next, held.next + c.count - 1);
    remaining = { ...held, next: held.next + c.count };
    const ms = clampComputeMs(c.computeMs, ctx.nowMs - held.grantedMs);
    yield* addProfileSample(job.jobId, held.workerId, { ms, slices: c.count }, ctx.nowMs);
  }
  if (c.failure !== undefined) {
    if (c.failure.code === 'ASSIGN_FAILED') yield* addFailedLoad(job, executorOfLease(held), ctx.nowMs);
    yield* recordLostSlice(ctx, job, remaining, c.failure);
    yield* touchLease({ progressMs: ctx.nowMs }, held.leaseId);
    ctx.events.work.set(job.jobId, job);
  } else if (remaining.next > remaining.last) {
    yield* deleteLease(held.leaseId);
    yield* countLeaseEnded(job, held.workerId);
  } else {
    const { next } = remaining;
    const deadlineMs = ctx.nowMs + LEASE_MS;
    yield* progressLease({ next, deadlineMs, progressMs: ctx.nowMs }, held.leaseId);
  }
  if (
    c.failure !== undefined &&
    isUnloadable(yield* loadHistoryOf(job), hasIndependentWorker(ctx, job), ctx.nowMs)
  ) {
    const reason = `${UNLOADABLE_REASON}${c.failure.message}`;
    yield* endJob(ctx, job, truncateText(reason, REASON_LENGTH_MAX));
  } else {
    yield* updateStatusAfterFailure(ctx, job);
  }
  const answer = { jobId: job.jobId, next: end, left: held.last - end + 1, paid };
  yield* saveReportReply(ctx, c, answer);
  return answer;
}

/**
 * Clamps a reported compute time to the time since the grant, plus one millisecond for rounding: an excessive value would
 * reduce the leases of all workers to one slice. Milliseconds.
 */
function clampComputeMs(computeMs: number, heldMs: number): number {
  return Math.max(0, Math.min(computeMs, heldMs + 1, SLICE_TIMEOUT_MS_MAX));
}

function* loadHistoryOf(job: JobRecord): QueryPlan<LoadHistory> {
  const profile = yield* profileOf(job.jobId);
  const unloadableBy = yield* failedLoadsOf(job.jobId);
  return { ...job, unloadableBy, loadedBy: profile.length, sliceMs: medianSliceMs(profile) ?? 0 };
}

function checkPosition(c: ReportCommand, held: LeaseRow, end: number): void {
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
      `the report announces ${c.count} outcomes, and its segment has ${reader?.count ?? 'none'}`,
      { path: 'lease.report.segment' },
    );
  }
  return reader;
}

/** Stores the outcomes, pays the final ones, and shortens the lease's range. @returns units paid */
function* recordOutcomes(
  ctx: CommandContext,
  job: JobRecord,
  held: LeaseRow,
  reader: SegmentReader,
  segment: Uint8Array,
): QueryPlan<bigint> {
  const range = (yield* rangeAt(job.jobId, held.next))!;
  const { count } = reader;
  const isFailure = (i: number): boolean => reader.kind(i) === ENVELOPE_KIND.error;
  const hasFailure = reader.countOf(ENVELOPE_KIND.error) > 0;
  // Most reports have only results; earlier failures are read only when an outcome is an error.
  const attempts = hasFailure
    ? appendAttempt(attemptsOf(range), { kind: 'thrown', ...executorOfLease(held) }, ctx.nowMs)
    : [];
  const onFailure = hasFailure
    ? classifyFailure(attempts, 'thrown', hasIndependentWorker(ctx, job), job.attempts)
    : 'retry';
  const runs = hasFailure
    ? classifyOutcomes(count, isFailure, onFailure)
    : [{ result: 'accept', from: 0, count } satisfies OutcomeRun];
  const thrown = { lost: range.lost, thrown: range.thrown + 1, failures: attemptsText(attempts) };
  if (held.next + count > held.last) yield* removeRange(job.jobId, held.next);
  else yield* shortenRange(job.jobId, held.next, held.next + count);
  job.leased -= count;
  const final: OutcomeRun[] = [];
  for (const run of runs) {
    yield* putOutcomeRange(job, held.next, run, thrown, ctx.nowMs);
    if (run.result !== 'retry') final.push(run);
    else ctx.events.work.set(job.jobId, job);
  }
  if (final.length === 0) return 0n;
  // An error that only one payee reported may be the worker's own, so it is not paid.
  const isPaid = ({ result }: OutcomeRun): boolean => result === 'accept' || isConfirmed(attempts);
  // Credits that are not paid may fund further slices.
  if (!final.every(isPaid)) ctx.events.work.set(job.jobId, job);
  const slices = final.filter(isPaid).reduce((sum, run) => sum + run.count, 0);
  const paid = yield* payExecutions(ctx, job, held.payee, slices, job.seq + 1);
  const seq = yield* recordEvent(ctx, job, { kind: 'outcomes' });
  for (const { from, count: length } of mergeRuns(final)) {
    const part = length === count ? segment : sliceSegment(segment, from, length);
    const first = held.next + from;
    yield* insertOutcomes({ jobId: job.jobId, first, count: length, seq, segment: part });
  }
  return paid;
}

/** Puts the slices of a run into their next state; `thrown` is the history of slices that run again after an error. */
function* putOutcomeRange(
  job: JobRecord,
  base: number,
  run: OutcomeRun,
  thrown: RangeHistory,
  nowMs: number,
): QueryPlan<void> {
  const first = base + run.from;
  const last = first + run.count - 1;
  switch (run.result) {
    case 'accept':
      job.accepted += run.count;
      job.resultMs = nowMs;
      return yield* putRange(job.jobId, { first, last, state: 'accepted', ...NO_HISTORY });
    case 'fail':
      job.failed += run.count;
      return yield* putRange(job.jobId, { first, last, state: 'failed', ...NO_HISTORY });
    case 'retry':
      job.pending += run.count;
      return yield* putRange(job.jobId, { first, last, state: 'pending', ...thrown });
  }
}

/** Merges adjacent final runs: accepted and failed outcomes are stored in the same segment. */
function mergeRuns(runs: readonly OutcomeRun[]): { from: number; count: number }[] {
  const parts: { from: number; count: number }[] = [];
  for (const { from, count } of runs) {
    const last = parts.at(-1);
    if (last !== undefined && last.from + last.count === from) last.count += count;
    else parts.push({ from, count });
  }
  return parts;
}
