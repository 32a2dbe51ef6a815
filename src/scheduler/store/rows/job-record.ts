/**
 * A job's row as a record that commands read, change and write back, and its journal.
 * @module
 */
import { sha256Hex } from '../../../lib/crypto/sha256.js';
import type { GroupKey, JobStatus, JournalEvent, RunStatus } from '../../../protocol/messages/messages.js';
import { notOwner, unknownJob } from '../port/job-errors.js';
import { get, run, type QueryPlan, type SqlValue } from './query-plan.js';

export interface JobRecord {
  jobId: string;
  owner: string;
  digest: string;
  createdMs: number;
  runStatus: RunStatus;
  reason: string | null;
  open: boolean;
  /** Slices, and how many are in each state. */
  total: number;
  pending: number;
  leased: number;
  accepted: number;
  failed: number;
  /** Active leases, and the number of workers that hold them. */
  leases: number;
  workers: number;
  /** Wall milliseconds of its latest grant; 0 before the first. */
  servedMs: number;
  /** Wall milliseconds of its latest grant to a sandbox that did not run this job before; 0 before the first. */
  turnMs: number;
  /** Wall milliseconds of its last result; 0 before the first. */
  resultMs: number;
  /** Number of failed attempts to load it into a sandbox. */
  unloadable: number;
  /** Sequence number of the last row of its journal. */
  seq: number;
  worktime: string;
  worktimeRange: string;
  groups: GroupKey[];
  origins: string[];
  /** The account that pays; null for a free job. */
  account: string | null;
  /** Units. */
  price: bigint;
  ceiling: bigint;
  escrow: bigint;
  paid: bigint;
}

interface JobRow {
  job_id: string;
  owner: string;
  digest: string;
  created_ms: number;
  run_status: string;
  reason: string | null;
  is_open: number;
  total: number;
  pending: number;
  leased: number;
  accepted: number;
  failed: number;
  leases: number;
  workers: number;
  served_ms: number;
  turn_ms: number;
  result_ms: number;
  unloadable: number;
  seq: number;
  worktime: string;
  worktime_range: string;
  groups_json: string;
  class_key: string;
  origins_json: string;
  account: string | null;
  price: string;
  ceiling: string;
  escrow: string;
  paid: string;
}

/** The job, or undefined. */
export function* findJob(jobId: string): QueryPlan<JobRecord | undefined> {
  const row = yield* get<JobRow>('SELECT * FROM jobs WHERE job_id = ?', jobId);
  return row === undefined ? undefined : toRecord(row);
}

/** The job, if it belongs to that owner. @throws JOB_UNKNOWN, NOT_OWNER */
export function* ownJob(jobId: string, owner: string): QueryPlan<JobRecord> {
  const job = yield* findJob(jobId);
  if (job === undefined) throw unknownJob(jobId);
  if (job.owner !== owner) throw notOwner(jobId, owner);
  return job;
}

function toRecord(row: JobRow): JobRecord {
  return {
    jobId: row.job_id,
    owner: row.owner,
    digest: row.digest,
    createdMs: row.created_ms,
    runStatus: row.run_status as RunStatus,
    reason: row.reason,
    open: row.is_open === 1,
    total: row.total,
    pending: row.pending,
    leased: row.leased,
    accepted: row.accepted,
    failed: row.failed,
    leases: row.leases,
    workers: row.workers,
    servedMs: row.served_ms,
    turnMs: row.turn_ms,
    resultMs: row.result_ms,
    unloadable: row.unloadable,
    seq: row.seq,
    worktime: row.worktime,
    worktimeRange: row.worktime_range,
    groups: JSON.parse(row.groups_json) as GroupKey[],
    origins: JSON.parse(row.origins_json) as string[],
    account: row.account,
    price: BigInt(row.price),
    ceiling: BigInt(row.ceiling),
    escrow: BigInt(row.escrow),
    paid: BigInt(row.paid),
  };
}

/**
 * A digest of the terms that decide which workers may run a job, except owner, id and price: a worker that may not run one
 * job of a class skips the others.
 */
export function classKeyOf({ worktime, worktimeRange, groups, origins }: JobRecord): string {
  const text = JSON.stringify([worktime, worktimeRange, groups, origins]);
  return sha256Hex(new TextEncoder().encode(text)).slice(0, CLASS_KEY_DIGITS);
}
const CLASS_KEY_DIGITS = 32;

/** Columns that never change after the job's creation, each with its value. */
const FIXED: Columns = [
  ['job_id', (job) => job.jobId],
  ['owner', (job) => job.owner],
  ['digest', (job) => job.digest],
  ['created_ms', (job) => job.createdMs],
  ['worktime', (job) => job.worktime],
  ['worktime_range', (job) => job.worktimeRange],
  ['groups_json', (job) => JSON.stringify(job.groups)],
  ['class_key', (job) => classKeyOf(job)],
  ['origins_json', (job) => JSON.stringify(job.origins)],
];

/** Columns that commands may change. */
const CHANGING: Columns = [
  ['run_status', (job) => job.runStatus],
  ['reason', (job) => job.reason],
  ['is_open', (job) => (job.open ? 1 : 0)],
  ['total', (job) => job.total],
  ['pending', (job) => job.pending],
  ['leased', (job) => job.leased],
  ['accepted', (job) => job.accepted],
  ['failed', (job) => job.failed],
  ['leases', (job) => job.leases],
  ['workers', (job) => job.workers],
  ['served_ms', (job) => job.servedMs],
  ['turn_ms', (job) => job.turnMs],
  ['result_ms', (job) => job.resultMs],
  ['unloadable', (job) => job.unloadable],
  ['seq', (job) => job.seq],
  ['account', (job) => job.account],
  ['price', (job) => String(job.price)],
  ['ceiling', (job) => String(job.ceiling)],
  ['escrow', (job) => String(job.escrow)],
  ['paid', (job) => String(job.paid)],
];

type Columns = readonly (readonly [name: keyof JobRow, of: (job: JobRecord) => SqlValue])[];

const names = (columns: Columns): string => columns.map(([name]) => name).join(', ');
const values = (columns: Columns, job: JobRecord): SqlValue[] => columns.map(([, of]) => of(job));

const ALL: Columns = [...FIXED, ...CHANGING];
const INSERT = `INSERT INTO jobs (${names(ALL)}) VALUES (${ALL.map(() => '?').join(', ')})`;
const UPDATE = `UPDATE jobs SET ${CHANGING.map(([name]) => `${name} = ?`).join(', ')} WHERE job_id = ?`;

/** Writes a new job's row. */
export function* insertJob(job: JobRecord): QueryPlan<void> {
  yield* run(INSERT, ...values(ALL, job));
}

/** Writes the columns that commands may change. */
export function* saveJob(job: JobRecord): QueryPlan<void> {
  yield* run(UPDATE, ...values(CHANGING, job), job.jobId);
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
    workers: job.workers,
    cursor: job.seq,
    paid: job.paid,
    ...(job.reason === null ? {} : { reason: job.reason }),
  };
}

/** An event as stored in the journal: outcomes are not in it, their parts are found by `seq`. */
export type StoredEvent = Exclude<JournalEvent, { kind: 'outcomes' }> | { kind: 'outcomes' };

/** A status as JSON text; units are strings, because they can exceed JSON's safe integers. */
export const statusText = (status: JobStatus): string =>
  JSON.stringify({ ...status, paid: String(status.paid) });

/** Parses the text of `statusText`. */
export function parseStatus(text: string): JobStatus {
  const raw = JSON.parse(text) as Omit<JobStatus, 'paid'> & { paid: string };
  return { ...raw, paid: BigInt(raw.paid) };
}

/** Adds the next row to the job's journal; the caller saves the job afterwards. */
export function* addJournal(
  job: JobRecord,
  event: StoredEvent,
  atMs: number,
  epoch: number,
): QueryPlan<number> {
  job.seq += 1;
  yield* run(
    'INSERT INTO journal (job_id, seq, at_ms, event, status, epoch) VALUES (?, ?, ?, ?, ?, ?)',
    job.jobId,
    job.seq,
    atMs,
    JSON.stringify(event),
    statusText(statusOf(job)),
    epoch,
  );
  return job.seq;
}

/**
 * Counts a new lease: call it before the lease's row is inserted. It reads only one worker's leases, so its cost does not
 * grow with the number of leases of the job.
 */
export function* countLeaseBegun(job: JobRecord, workerId: string): QueryPlan<void> {
  job.leases += 1;
  if (!(yield* hasLease(job.jobId, workerId))) job.workers += 1;
}

/** Counts a lease that has ended: call it after the lease's row is deleted. */
export function* countLeaseEnded(job: JobRecord, workerId: string): QueryPlan<void> {
  job.leases -= 1;
  if (!(yield* hasLease(job.jobId, workerId))) job.workers -= 1;
}

function* hasLease(jobId: string, workerId: string): QueryPlan<boolean> {
  const row = yield* get(
    'SELECT 1 AS one FROM leases WHERE job_id = ? AND worker_id = ? LIMIT 1',
    jobId,
    workerId,
  );
  return row !== undefined;
}
