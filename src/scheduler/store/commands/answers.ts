/**
 * What reports were answered, for a while: a worker whose connection broke between the commit and the answer asks
 * again, and must hear what was taken and paid even where the lease has ended by that report.
 * @module
 */
import { ANSWER_MS_MAX, ANSWERS_MAX } from '../../../protocol/limits.js';
import { get, getExact, run, type Script } from '../rows/query-plan.js';
import type { Answer, ReportCommand } from '../port/store.js';
import type { CommandContext } from './context.js';

interface AnswerRow {
  job_id: string;
  next: bigint;
  left: bigint;
  paid: bigint;
}

/** The answer that this worker's very report had, or undefined: it was not made, or is forgotten. */
export function* findAnswer(c: ReportCommand): Script<Answer<'report'> | undefined> {
  const row = yield* getExact<AnswerRow>(
    `SELECT job_id, next, slices_left AS left, paid FROM answers
      WHERE lease_id = ? AND first = ? AND worker_id = ? AND count = ? AND lost = ?`,
    c.leaseId,
    c.first,
    c.workerId,
    c.count,
    c.lost === undefined ? 0 : 1,
  );
  if (row === undefined) return undefined;
  return { jobId: row.job_id, next: Number(row.next), left: Number(row.left), paid: row.paid };
}

/** Keeps the answer to a report in the transaction that takes it; the oldest one goes where there are too many. */
export function* rememberAnswer(
  ctx: CommandContext,
  c: ReportCommand,
  answer: Answer<'report'>,
): Script<void> {
  yield* run(
    `INSERT INTO answers (lease_id, first, worker_id, count, lost, job_id, next, slices_left, paid, at_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    c.leaseId,
    c.first,
    c.workerId,
    c.count,
    c.lost === undefined ? 0 : 1,
    answer.jobId,
    answer.next,
    answer.left,
    answer.paid,
    ctx.nowMs,
  );
  yield* run('DELETE FROM answers WHERE answer <= (SELECT MAX(answer) FROM answers) - ?', ANSWERS_MAX);
}

/** Forgets the answers that nobody can be waiting for any more. */
export function* forgetAnswers(ctx: CommandContext): Script<void> {
  yield* run('DELETE FROM answers WHERE at_ms <= ?', ctx.nowMs - ANSWER_MS_MAX);
}

/** When the oldest answer is to be forgotten, wall milliseconds. */
export function* nextForgetting(): Script<number | undefined> {
  const row = yield* get<{ oldest: number | null }>('SELECT MIN(at_ms) AS oldest FROM answers');
  const oldest = row?.oldest ?? undefined;
  return oldest === undefined ? undefined : oldest + ANSWER_MS_MAX;
}
