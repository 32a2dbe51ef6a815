/**
 * A job's escrow: it grows with the job's slices up to the ceiling, pays executions, and is refunded at the end.
 * @module
 */
import { escrowTarget } from '../../policy/price.js';
import { addEarned, escrowAccount, lockBalance, transfer } from '../rows/ledger.js';
import type { QueryPlan } from '../rows/query-plan.js';
import type { JobRecord } from '../schema/job-tables.js';
import type { CommandContext } from './context.js';

/** Raises the escrow to the cost of the job's slices that are not done, as far as the account's balance allows. */
export function* growEscrow(ctx: CommandContext, job: JobRecord, reason: string): QueryPlan<void> {
  if (job.price === 0n || job.account === null) return;
  const missing = neededEscrow(job) - job.escrow;
  if (missing <= 0n) return;
  const balance = yield* lockBalance(job.account);
  const amount = missing < balance ? missing : balance;
  // A transfer of nothing writes nothing.
  yield* transfer({
    id: `escrow:${job.jobId}:${reason}`,
    debit: job.account,
    credit: escrowAccount(job.jobId),
    amount,
    atMs: ctx.nowMs,
  });
  job.escrow += amount;
}

const neededEscrow = ({ price, pending, leased, ceiling, paid }: JobRecord): bigint =>
  escrowTarget(price, pending + leased, ceiling - paid);

/** Returns what the escrow has beyond the cost of the job's slices that are not done. */
export function* releaseEscrow(ctx: CommandContext, job: JobRecord, reason: string): QueryPlan<void> {
  const amount = job.escrow - neededEscrow(job);
  if (amount <= 0n || job.account === null) return;
  yield* transfer({
    id: `release:${job.jobId}:${reason}`,
    debit: escrowAccount(job.jobId),
    credit: job.account,
    amount,
    atMs: ctx.nowMs,
  });
  job.escrow -= amount;
}

/** Pays `slices` executions to `payee`. The transfer's id contains the journal row `seq`. @returns units paid */
export function* payExecutions(
  ctx: CommandContext,
  job: JobRecord,
  payee: string,
  slices: number,
  seq: number,
): QueryPlan<bigint> {
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

/** Returns the remaining escrow of a job that has ended. */
export function* refund(ctx: CommandContext, job: JobRecord): QueryPlan<void> {
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
