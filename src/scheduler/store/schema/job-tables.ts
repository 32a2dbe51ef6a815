/**
 * The tables of jobs and of what is stored for each worker of a job.
 * @module
 */
import type { GroupKey, RunStatus, WireOffer } from '../../../protocol/messages/messages.js';
import {
  bytesColumn,
  codedColumn,
  decimalColumn,
  flagColumn,
  integerColumn,
  jsonColumn,
  nullable,
  realColumn,
  textColumn,
} from './column.js';
import { OFFER_CODEC } from './offer-codec.js';
import { table, type FieldOf, type RecordOf } from './table.js';

const HAS_WORK = `run_status = 'running' AND pending > 0`;
const IS_UNFINISHED = `run_status IN ('running', 'paused')`;

export const JOBS = table(
  'jobs',
  {
    jobId: textColumn('job_id'),
    owner: textColumn('owner'),
    digest: textColumn('digest'),
    createdMs: integerColumn('created_ms'),
    runStatus: textColumn<RunStatus>('run_status'),
    /** Why it was cancelled or paused. */
    reason: nullable(textColumn('reason')),
    open: flagColumn('is_open'),
    /** Slices, and how many are in each state. */
    total: integerColumn('total'),
    pending: integerColumn('pending'),
    leased: integerColumn('leased'),
    accepted: integerColumn('accepted'),
    failed: integerColumn('failed'),
    /** Of the failed slices, those that their owner cancelled. */
    cancelled: integerColumn('cancelled', { default: '0' }),
    /** How often a failed slice was run again at its owner's request; its execution before may have been paid. */
    retried: integerColumn('retried', { default: '0' }),
    /** Stored checkpoints of its slices. */
    checkpoints: integerColumn('checkpoints', { default: '0' }),
    /** Active leases. */
    leases: integerColumn('leases'),
    /** Wall milliseconds of its latest grant; 0 before the first. */
    servedMs: integerColumn('served_ms', { default: '0' }),
    /** Wall milliseconds of its latest grant to a sandbox that did not run this job before; 0 before the first. */
    turnMs: integerColumn('turn_ms', { default: '0' }),
    /** Workers that hold its leases. */
    workers: integerColumn('workers'),
    /** Wall milliseconds of its last result; 0 before the first. */
    resultMs: integerColumn('result_ms', { default: '0' }),
    /** Number of failed attempts to load it into a sandbox. */
    unloadable: integerColumn('unloadable'),
    /** Sequence number of the last row of its journal. */
    seq: integerColumn('seq'),
    worktime: textColumn('worktime'),
    worktimeRange: textColumn('worktime_range'),
    groups: jsonColumn<GroupKey[]>('groups_json'),
    /** See `classKeyOf`. */
    classKey: textColumn('class_key', { default: `''` }),
    origins: jsonColumn<string[]>('origins_json', { default: `'[]'` }),
    /** Attempts after which a slice fails; null where policy decides. */
    attempts: nullable(integerColumn('attempts')),
    /** Whether the first failed slice cancels the job. */
    failFast: flagColumn('fail_fast', { default: '0' }),
    /** The account that pays; null for a free job. */
    account: nullable(textColumn('account')),
    /** Units. */
    price: decimalColumn('price'),
    ceiling: decimalColumn('ceiling'),
    escrow: decimalColumn('escrow'),
    paid: decimalColumn('paid'),
  },
  {
    primaryKey: ['jobId'],
    indexes: [
      { name: 'jobs_with_work', fields: ['leases', 'createdMs', 'jobId'], where: HAS_WORK },
      { name: 'jobs_with_work_of_owner', fields: ['owner'], where: HAS_WORK },
      { name: 'jobs_with_work_by_class', fields: ['classKey', 'jobId'], where: HAS_WORK },
      { name: 'jobs_of_owner_by_age', fields: ['owner', 'createdMs', 'jobId'] },
      { name: 'jobs_by_age', fields: ['createdMs', 'jobId'] },
      { name: 'live_jobs_of_owner', fields: ['owner'], where: IS_UNFINISHED },
      { name: 'live_jobs_of_account', fields: ['account'], where: IS_UNFINISHED },
    ],
  },
);

/** A job's row as commands read, change and write it back. */
export type JobRecord = RecordOf<typeof JOBS>;

/** The fields that never change after a job's creation. */
export const FIXED_JOB_FIELDS = [
  'jobId',
  'owner',
  'digest',
  'createdMs',
  'worktime',
  'worktimeRange',
  'groups',
  'classKey',
  'origins',
  'attempts',
  'failFast',
] as const satisfies readonly FieldOf<typeof JOBS>[];

export const PACKAGES = table(
  'packages',
  {
    jobId: textColumn('job_id'),
    bytes: bytesColumn('bytes'),
    offer: nullable(codedColumn<WireOffer>('offer', 'bytes', OFFER_CODEC)),
  },
  { primaryKey: ['jobId'] },
);

/** Slice durations on each worker of a job, see `policy/slice-profile.ts`. */
export const JOB_PROFILES = table(
  'job_profiles',
  {
    jobId: textColumn('job_id'),
    workerId: textColumn('worker_id'),
    ms: realColumn('ms'),
    slices: realColumn('slices'),
    total: integerColumn('total'),
    atMs: integerColumn('at_ms'),
  },
  { primaryKey: ['jobId', 'workerId'], isClustered: true },
);

/** Workers that failed to load a job into a sandbox. */
export const FAILED_LOADS = table(
  'failed_loads',
  {
    jobId: textColumn('job_id'),
    workerId: textColumn('worker_id'),
    payee: textColumn('payee'),
    isolation: textColumn('isolation'),
    atMs: integerColumn('at_ms'),
  },
  {
    primaryKey: ['jobId', 'workerId'],
    isClustered: true,
    indexes: [{ name: 'failed_loads_by_worker', fields: ['workerId', 'atMs'] }],
  },
);

/** Metadata of a job, for its owner alone: no worker gets it. */
export const JOB_DETAILS = table(
  'job_details',
  {
    jobId: textColumn('job_id'),
    tags: jsonColumn<string[]>('tags_json'),
    metadata: nullable(bytesColumn('metadata')),
  },
  { primaryKey: ['jobId'], isClustered: true },
);

/** The tags of jobs, by which their owner finds them. */
export const JOB_TAGS = table(
  'job_tags',
  {
    owner: textColumn('owner'),
    tag: textColumn('tag'),
    createdMs: integerColumn('created_ms'),
    jobId: textColumn('job_id'),
  },
  {
    primaryKey: ['owner', 'tag', 'createdMs', 'jobId'],
    isClustered: true,
    indexes: [{ name: 'job_tags_by_age', fields: ['tag', 'createdMs', 'jobId'] }],
  },
);
