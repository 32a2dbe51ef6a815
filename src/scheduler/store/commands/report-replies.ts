/**
 * Replies to reports, stored for `REPORT_REPLY_KEPT_MS`: a worker whose connection broke between the commit and the reply repeats
 * its report, and must get the same reply even if that report ended the lease.
 * @module
 */
import { REPORT_REPLY_KEPT_MS, REPORT_REPLIES_KEPT_MAX } from '../../../protocol/limits.js';
import { get, getExact, run, type QueryPlan } from '../rows/query-plan.js';
import type { CommandResult, ReportCommand } from '../port/store.js';
import type { CommandContext } from './context.js';

interface ReportReplyRow {
  job_id: string;
  next: bigint;
  left: bigint;
  paid: bigint;
}

/** The stored reply to exactly this report of this worker; undefined when there is none (any more). */
export function* findReportReply(c: ReportCommand): QueryPlan<CommandResult<'report'> | undefined> {
  const row = yield* getExact<ReportReplyRow>(
    `SELECT job_id, next, slices_left AS left, paid FROM answers
      WHERE lease_id = ? AND first = ? AND worker_id = ? AND count = ? AND lost = ?`,
    c.leaseId,
    c.first,
    c.workerId,
    c.count,
    c.failure === undefined ? 0 : 1,
  );
  if (row === undefined) return undefined;
  return { jobId: row.job_id, next: Number(row.next), left: Number(row.left), paid: row.paid };
}

/** Stores the reply in the transaction that records the report; beyond `REPORT_REPLIES_KEPT_MAX` the oldest ones are deleted. */
export function* saveReportReply(
  ctx: CommandContext,
  c: ReportCommand,
  answer: CommandResult<'report'>,
): QueryPlan<void> {
  yield* run(
    `INSERT INTO answers (lease_id, first, worker_id, count, lost, job_id, next, slices_left, paid, at_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    c.leaseId,
    c.first,
    c.workerId,
    c.count,
    c.failure === undefined ? 0 : 1,
    answer.jobId,
    answer.next,
    answer.left,
    answer.paid,
    ctx.nowMs,
  );
  yield* run(
    'DELETE FROM answers WHERE answer <= (SELECT MAX(answer) FROM answers) - ?',
    REPORT_REPLIES_KEPT_MAX,
  );
}

/** Deletes the replies that no worker can be waiting for any more. */
export function* deleteOldReportReplies(ctx: CommandContext): QueryPlan<void> {
  yield* run('DELETE FROM answers WHERE at_ms <= ?', ctx.nowMs - REPORT_REPLY_KEPT_MS);
}

/** When the oldest reply expires, wall milliseconds; undefined when none is stored. */
export function* nextReplyExpiryMs(): QueryPlan<number | undefined> {
  const row = yield* get<{ oldest: number | null }>('SELECT MIN(at_ms) AS oldest FROM answers');
  const oldest = row?.oldest ?? undefined;
  return oldest === undefined ? undefined : oldest + REPORT_REPLY_KEPT_MS;
}
