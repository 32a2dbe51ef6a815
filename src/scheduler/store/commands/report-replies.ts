/**
 * Replies to reports, stored for `REPORT_REPLY_KEPT_MS`: a worker whose connection broke between the commit and the reply repeats
 * its report, and must get the same reply even if that report ended the lease.
 * @module
 */
import { REPORT_REPLY_KEPT_MS, REPORT_REPLIES_KEPT_MAX } from '../../../protocol/limits.js';
import { get, run, type QueryPlan } from '../rows/query-plan.js';
import { deleteFrom, insertInto, selectOne } from '../rows/table-plans.js';
import type { CommandResult, ReportCommand } from '../port/store.js';
import { REPORT_REPLIES } from '../schema/lease-tables.js';
import type { CommandContext } from './context.js';

const findReply = selectOne(
  REPORT_REPLIES,
  ['jobId', 'next', 'left', 'paid'],
  'WHERE lease_id = ? AND first = ? AND worker_id = ? AND count = ? AND lost = ?',
);
const insertReply = insertInto(REPORT_REPLIES);
const deleteUntil = deleteFrom(REPORT_REPLIES, 'at_ms <= ?');

/** The stored reply to exactly this report of this worker; undefined when there is none (any more). */
export function* findReportReply(c: ReportCommand): QueryPlan<CommandResult<'report'> | undefined> {
  return yield* findReply(c.leaseId, c.first, c.workerId, c.count, c.failure === undefined ? 0 : 1);
}

/** Stores the reply in the transaction that records the report; beyond `REPORT_REPLIES_KEPT_MAX` the oldest ones are deleted. */
export function* saveReportReply(
  ctx: CommandContext,
  c: ReportCommand,
  reply: CommandResult<'report'>,
): QueryPlan<void> {
  const { leaseId, first, workerId, count } = c;
  const { jobId, next, left, paid } = reply;
  const hasFailure = c.failure !== undefined;
  yield* insertReply({
    leaseId,
    first,
    workerId,
    count,
    hasFailure,
    jobId,
    next,
    left,
    paid,
    atMs: ctx.nowMs,
  });
  yield* run(
    'DELETE FROM answers WHERE answer <= (SELECT MAX(answer) FROM answers) - ?',
    REPORT_REPLIES_KEPT_MAX,
  );
}

/** Deletes the replies that no worker can be waiting for any more. */
export function* deleteOldReportReplies(ctx: CommandContext): QueryPlan<void> {
  yield* deleteUntil(ctx.nowMs - REPORT_REPLY_KEPT_MS);
}

/** When the oldest reply expires, wall milliseconds; undefined when none is stored. */
export function* nextReplyExpiryMs(): QueryPlan<number | undefined> {
  const row = yield* get<{ oldest: number | null }>('SELECT MIN(at_ms) AS oldest FROM answers');
  const oldest = row?.oldest ?? undefined;
  return oldest === undefined ? undefined : oldest + REPORT_REPLY_KEPT_MS;
}
