/**
 * A job's row as a record that a command reads, changes and writes back, and its journal.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { sha256Hex } from '../../../lib/crypto/sha256.js';
import type { GroupKey, JobStatus, JournalEvent, RunStatus } from '../../../protocol/messages/messages.js';
import { get, run, type Script, type SqlValue } from './query-plan.js';

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
  /** Leases at work, and how many workers hold them. */
  leases: number;
  workers: number;
  /** Wall milliseconds of its last lease's grant; 0 before the first. */
  servedMs: number;
  /** And of the last one to a sandbox that was not at this job before. */
  turnMs: number;
  /** Wall milliseconds of its last result; 0 before the first. */
  resultMs: number;
  /** How often a sandbox could not be made ready for it. */
  unloadable: number;
  /** The journal's last row. */
  seq: number;
  worktime: string;
  worktimeRange: string;
  groups: GroupKey[];
  origins: string[];
  /** Who pays; null where nobody does. */
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
export function* findJob(jobId: string): Script<JobRecord | undefined> {
  const row = yield* get<JobRow>('SELECT * FROM jobs WHERE job_id = ?', jobId);
  return row === undefined ? undefined : toRecord(row);
}

/** The job of that owner; throws `JOB_UNKNOWN` or `NOT_OWNER`. */
export function* ownJob(jobId: string, owner: string): Script<JobRecord> {
  const job = yield* findJob(jobId);
  if (job === undefined) {
    throw new ManyhandsError('JOB_UNKNOWN', `no job ${jobId} is known here: check the id and the scheduler`, {
      jobId,
    });
  }
  if (job.owner !== owner) {
    throw new ManyhandsError(
      'NOT_OWNER',
      `job ${jobId} belongs to another identity than ${owner}: use the one that deployed it`,
      { jobId },
    );
  }
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
 * What says which workers may run a job, but for its owner, its id and its price, as a short text: a worker that may not
 * run one job of a class need not look at the others.
 */
export function classKeyOf({ worktime, worktimeRange, groups, origins }: JobRecord): string {
  const text = JSON.stringify([worktime, worktimeRange, groups, origins]);
  return sha256Hex(new TextEncoder().encode(text)).slice(0, CLASS_KEY_DIGITS);
}
const CLASS_KEY_DIGITS = 32;

/** What a new job brings and keeps: its columns, and each one's value. */
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

/** What commands may change. */
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
export function* insertJob(job: JobRecord): Script<void> {
  yield* run(INSERT, ...values(ALL, job));
}

/** Writes back what commands may change. */
export function* saveJob(job: JobRecord): Script<void> {
  yield* run(UPDATE, ...values(CHANGING, job), job.jobId);
}

/** The job in numbers, as followers see it. */
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

/** An event as the journal keeps it: outcomes name nothing, their parts are found by `seq`. */
export type StoredEvent = Exclude<JournalEvent, { kind: 'outcomes' }> | { kind: 'outcomes' };

/** The journal's text for a status: units do not fit in JSON's numbers. */
export const statusText = (status: JobStatus): string =>
  JSON.stringify({ ...status, paid: String(status.paid) });

/** The status that `statusText` wrote. */
export function parseStatus(text: string): JobStatus {
  const raw = JSON.parse(text) as Omit<JobStatus, 'paid'> & { paid: string };
  return { ...raw, paid: BigInt(raw.paid) };
}

/** Adds the next row to the job's journal; the caller saves the job afterwards. */
export function* addJournal(job: JobRecord, event: StoredEvent, atMs: number, epoch: number): Script<number> {
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
 * Counts a lease that begins: call it before the lease's row is written. That it asks for one worker's leases alone keeps
 * the cost of a lease the same, however many the job has.
 */
export function* countLeaseBegun(job: JobRecord, workerId: string): Script<void> {
  job.leases += 1;
  if (!(yield* hasLease(job.jobId, workerId))) job.workers += 1;
}

/** Counts a lease that has ended: call it after the lease's row is gone. */
export function* countLeaseEnded(job: JobRecord, workerId: string): Script<void> {
  job.leases -= 1;
  if (!(yield* hasLease(job.jobId, workerId))) job.workers -= 1;
}

function* hasLease(jobId: string, workerId: string): Script<boolean> {
  const row = yield* get(
    'SELECT 1 AS one FROM leases WHERE job_id = ? AND worker_id = ? LIMIT 1',
    jobId,
    workerId,
  );
  return row !== undefined;
}
