/**
 * The command that grants a lease to a sandbox.
 * @module
 */
import { LEASE_INPUT_BYTES_MAX, LEASE_MS, LEASES_PER_WORKER_MAX } from '../../../protocol/limits.js';
import { executorOf } from '../../policy/attempts.js';
import { leaseSize } from '../../policy/lease-size.js';
import { fundedSlices } from '../../policy/price.js';
import { profiledSliceMs, reportedSlices } from '../../policy/slice-profile.js';
import type { CommandResult, Commands, LeaseGrant } from '../port/store.js';
import { leaseInputs } from '../rows/inputs.js';
import { checkpointIn } from '../rows/checkpoints.js';
import { countLeaseBegun, saveJob } from '../rows/job-record.js';
import { trimmedProfileOf } from '../rows/job-workers.js';
import { countLeasesOf, insertLease } from '../rows/leases.js';
import type { QueryPlan } from '../rows/query-plan.js';
import {
  attemptsOf,
  attemptNumber,
  historyOf,
  putRange,
  rangeAt,
  removeRange,
  shortenRange,
} from '../rows/ranges.js';
import type { JobRecord } from '../schema/job-tables.js';
import type { CommandContext } from './context.js';
import { findWork, type WorkItem } from './find-work.js';

type GrantCommand = Commands['grantLease'][0];

/** Grants a lease of the job that `findWork` finds; `deferred` for a worker with `LEASES_PER_WORKER_MAX` leases. */
export function* grantLease(ctx: CommandContext, c: GrantCommand): QueryPlan<CommandResult<'grantLease'>> {
  if ((yield* countLeasesOf(c.worker.workerId)) >= LEASES_PER_WORKER_MAX) return 'deferred';
  const work = yield* findWork(ctx, c);
  return work === undefined || work === 'deferred' ? (work ?? null) : yield* createGrant(ctx, c, work);
}

function* createGrant(
  ctx: CommandContext,
  c: GrantCommand,
  { job, candidate, range }: WorkItem,
): QueryPlan<LeaseGrant> {
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
  const stored = yield* checkpointIn(job, range.first, range.first + size - 1);
  const wanted = stored.last - range.first + 1;
  const { parts, count } = yield* leaseInputs(job.jobId, range.first, wanted, LEASE_INPUT_BYTES_MAX);
  yield* takeSlices(ctx, c, job, range.first, count);
  return {
    job: candidate,
    attempt: attemptNumber(range),
    lease: {
      leaseId: c.leaseId,
      jobId: job.jobId,
      packageDigest: job.digest,
      first: range.first,
      count,
      inputs: parts,
      ...checkpointOf(stored.found, range.first + count - 1),
      leaseMs: LEASE_MS,
      ...(sliceMs === undefined ? {} : { estimatedSliceMs: sliceMs }),
    },
  };
}

/** The checkpoint of a slice up to `last`. */
function checkpointOf(
  found: { slice: number; state: Uint8Array } | undefined,
  last: number,
): Pick<LeaseGrant['lease'], 'checkpoint'> {
  if (found === undefined || found.slice > last) return {};
  return { checkpoint: { sliceNumber: found.slice, state: found.state } };
}

/** Writes the lease of `count` slices from `first` on. */
function* takeSlices(
  ctx: CommandContext,
  { leaseId, worker, warmState }: GrantCommand,
  job: JobRecord,
  first: number,
  count: number,
): QueryPlan<void> {
  const { jobId } = job;
  const range = (yield* rangeAt(jobId, first))!;
  const last = first + count - 1;
  if (last === range.last) yield* removeRange(jobId, first);
  else yield* shortenRange(jobId, first, last + 1);
  yield* putRange(jobId, { first, last, state: 'leased', ...historyOf(range) }, leaseId);
  yield* countLeaseBegun(job, worker.workerId);
  job.servedMs = ctx.nowMs;
  if (warmState?.loadedJob !== jobId) job.turnMs = ctx.nowMs;
  yield* insertLease({
    leaseId,
    jobId,
    workerId: worker.workerId,
    payee: executorOf(worker).payee,
    next: first,
    last,
    deadlineMs: ctx.nowMs + LEASE_MS,
    grantedMs: ctx.nowMs,
    progressMs: ctx.nowMs,
    isolation: worker.sandboxHost,
    nodeId: ctx.nodeId,
  });
  job.pending -= count;
  job.leased += count;
  yield* saveJob(job);
}
