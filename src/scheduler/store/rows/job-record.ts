/**
 * A job's row as a record that commands read, change and write back, and its journal.
 * @module
 */
import { sha256Hex } from '../../../lib/crypto/sha256.js';
import type { JobStatus } from '../../../protocol/messages/messages.js';
import { notOwner, unknownJob } from '../port/job-errors.js';
import { FIXED_JOB_FIELDS, JOBS, type JobRecord } from '../schema/job-tables.js';
import { LEASES } from '../schema/lease-tables.js';
import { JOURNAL, type StoredEvent } from '../schema/slice-tables.js';
import { fieldsOf, type FieldOf } from '../schema/table.js';
import type { QueryPlan } from './query-plan.js';
import { existsIn, insertInto, selectOne, updateOf } from './table-plans.js';

/** The job, or undefined. */
export const findJob = selectOne(JOBS, 'all', 'WHERE job_id = ?');

/** The job, or undefined, for a command that changes it or anything that belongs to it. */
export const lockJob = selectOne(JOBS, 'all', 'WHERE job_id = ?', { table: 'jobs', whenLocked: 'wait' });

/** Like `lockJob`; undefined also for a job that another transaction changes now. */
export const lockFreeJob = selectOne(JOBS, 'all', 'WHERE job_id = ?', { table: 'jobs', whenLocked: 'skip' });

/** The job, if it belongs to that owner, for a command that changes it. @throws JOB_UNKNOWN, NOT_OWNER */
export function* lockOwnJob(jobId: string, owner: string): QueryPlan<JobRecord> {
  const job = yield* lockJob(jobId);
  if (job === undefined) throw unknownJob(jobId);
  if (job.owner !== owner) throw notOwner(jobId, owner);
  return job;
}

/**
 * A digest of the terms that decide which workers may run a job, except owner, id and price: a worker that may not run one
 * job of a class skips the others.
 */
export function classKeyOf(
  job: Pick<JobRecord, 'worktime' | 'worktimeRange' | 'groups' | 'origins'>,
): string {
  const text = JSON.stringify([job.worktime, job.worktimeRange, job.groups, job.origins]);
  return sha256Hex(new TextEncoder().encode(text)).slice(0, CLASS_KEY_DIGITS);
}
const CLASS_KEY_DIGITS = 32;

/** Writes a new job's row. */
export const insertJob = insertInto(JOBS);

const isChanging = (field: FieldOf<typeof JOBS>): boolean =>
  !(FIXED_JOB_FIELDS as readonly string[]).includes(field);
const updateJob = updateOf(JOBS, fieldsOf(JOBS).filter(isChanging), 'job_id = ?');

/** Writes the fields that commands may change. */
export function* saveJob(job: JobRecord): QueryPlan<void> {
  yield* updateJob(job, job.jobId);
}

/** The job's status as clients see it. */
export function statusOf(job: JobRecord): JobStatus {
  return {
    jobId: job.jobId,
    runStatus: job.runStatus,
    open: job.open,
    total: job.total,
    leased: job.leased,
    accepted: job.accepted,
    failed: job.failed,
    ...(job.cancelled === 0 ? {} : { cancelled: job.cancelled }),
    workers: job.workers,
    cursor: job.seq,
    paid: job.paid,
    ...(job.reason === null ? {} : { reason: job.reason }),
  };
}

const insertJournalRow = insertInto(JOURNAL);

/** Adds the next row to the job's journal; the caller saves the job afterwards. */
export function* addJournal(
  job: JobRecord,
  event: StoredEvent,
  atMs: number,
  epoch: number,
): QueryPlan<number> {
  job.seq += 1;
  const { jobId, seq } = job;
  yield* insertJournalRow({ jobId, seq, atMs, event, status: statusOf(job), epoch });
  return seq;
}

/** Reads only one worker's leases, so its cost does not grow with the number of leases of the job. */
const hasLease = existsIn(LEASES, 'job_id = ? AND worker_id = ?');

/** Counts a new lease: call it before the lease's row is inserted. */
export function* countLeaseBegun(job: JobRecord, workerId: string): QueryPlan<void> {
  job.leases += 1;
  if (!(yield* hasLease(job.jobId, workerId))) job.workers += 1;
}

/** Counts a lease that has ended: call it after the lease's row is deleted. */
export function* countLeaseEnded(job: JobRecord, workerId: string): QueryPlan<void> {
  job.leases -= 1;
  if (!(yield* hasLease(job.jobId, workerId))) job.workers -= 1;
}
