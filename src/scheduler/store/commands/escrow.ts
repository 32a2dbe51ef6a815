/**
 * A job's credits: escrow grows with its slices up to the ceiling, pays executions, and goes back at the end.
 * @module
 */
import { escrowTarget, fundedSlices } from '../../policy/price.js';
import { saveJob, type JobRecord } from '../rows/job-record.js';
import { forgetWorkersOf } from '../job-workers.js';
import { addEarned, balanceOf, escrowAccount, transfer } from '../rows/ledger.js';
import { get, type Script } from '../rows/query-plan.js';
import { note, type CommandContext } from './context.js';

/** Raises the escrow to what the job's slices may cost, as far as its account has it. */
export function* growEscrow(ctx: CommandContext, job: JobRecord, reason: string): Script<void> {
  if (job.price === 0n || job.account === null) return;
  const wanted = escrowTarget(job.price, job.total, job.ceiling) - job.escrow - job.paid;
  if (wanted <= 0n) return;
  const balance = yield* balanceOf(job.account);
  const amount = wanted < balance ? wanted : balance;
  if (amount <= 0n) return;
  yield* transfer({
    id: `escrow:${job.jobId}:${reason}`,
    debit: job.account,
    credit: escrowAccount(job.jobId),
    amount,
    atMs: ctx.nowMs,
  });
  job.escrow += amount;
}

/** Pays `slices` executions to `payee`; answers with the units. The transfer's id holds the journal row. */
export function* payExecutions(
  ctx: CommandContext,
  job: JobRecord,
  payee: string,
  slices: number,
  seq: number,
): Script<bigint> {
  const amount = job.price * BigInt(slices);
  if (amount === 0n) return 0n;
  yield* transfer({
    id: `pay:${job.jobId}:${seq}`,
    debit: escrowAccount(job.jobId),
    credit: payee,
    amount,
    atMs: ctx.nowMs,
  });
  yield* addEarned(payee, amount);
  job.escrow -= amount;
  job.paid += amount;
  return amount;
}

/** Gives back what is left in escrow: the job has come to its end. */
export function* refund(ctx: CommandContext, job: JobRecord): Script<void> {
  if (job.escrow === 0n || job.account === null) return;
  yield* transfer({
    id: `refund:${job.jobId}:${job.seq}`,
    debit: escrowAccount(job.jobId),
    credit: job.account,
    amount: job.escrow,
    atMs: ctx.nowMs,
  });
  job.escrow = 0n;
}

/** Brings the run status up to date after anything that changed the job's counts, and saves the job. */
export function* settle(ctx: CommandContext, job: JobRecord): Script<void> {
  if (job.runStatus === 'running' || job.runStatus === 'paused') {
    const isBroke = job.pending > 0 && job.leased === 0 && fundedSlices(job.price, job.escrow, 0) === 0;
    if (!job.open && job.accepted + job.failed === job.total) {
      job.runStatus = 'finished';
      job.reason = null;
      yield* refund(ctx, job);
      yield* forgetWorkersOf(job.jobId);
      yield* note(ctx, job, { kind: 'completed' });
    } else if (isBroke && job.reason !== 'nofunds' && !(yield* isHeld(job))) {
      job.runStatus = 'paused';
      job.reason = 'nofunds';
      yield* note(ctx, job, { kind: 'paused', reason: 'nofunds' });
    } else if (job.runStatus === 'paused' && !isBroke && !(yield* isHeld(job))) {
      job.runStatus = 'running';
      job.reason = null;
      yield* note(ctx, job, { kind: 'resumed' });
    }
  }
  yield* saveJob(job);
}

/** Whether the operator paused it. */
function* isHeld(job: JobRecord): Script<boolean> {
  return (yield* get('SELECT 1 AS one FROM holds WHERE job_id = ?', job.jobId)) !== undefined;
}
