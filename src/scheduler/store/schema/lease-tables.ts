/**
 * The tables of leases and of replies to reports.
 * @module
 */
import { flagColumn, integerColumn, serialColumn, textColumn, unitsColumn } from './column.js';
import { table, type RecordOf } from './table.js';

export const LEASES = table(
  'leases',
  {
    leaseId: textColumn('lease_id'),
    jobId: textColumn('job_id'),
    workerId: textColumn('worker_id'),
    payee: textColumn('payee'),
    /** The first slice without an outcome, and the last slice. */
    next: integerColumn('next'),
    last: integerColumn('last'),
    deadlineMs: integerColumn('deadline_ms'),
    grantedMs: integerColumn('granted_ms'),
    progressMs: integerColumn('progress_ms'),
    isolation: textColumn('isolation', { default: `''` }),
    /** The node to which the worker is, or was last, connected. */
    nodeId: textColumn('node_id', { default: `''` }),
  },
  {
    primaryKey: ['leaseId'],
    indexes: [
      { name: 'leases_by_deadline', fields: ['deadlineMs'] },
      { name: 'leases_by_worker', fields: ['workerId'] },
      { name: 'leases_by_job', fields: ['jobId', 'workerId'] },
    ],
  },
);

export type LeaseRow = RecordOf<typeof LEASES>;

/** Replies to reports, for workers that repeat a report whose reply was lost. */
export const REPORT_REPLIES = table(
  'answers',
  {
    id: serialColumn('answer'),
    leaseId: textColumn('lease_id'),
    first: integerColumn('first'),
    workerId: textColumn('worker_id'),
    count: integerColumn('count'),
    /** Whether the report said that the attempt at its last slice was lost. */
    hasFailure: flagColumn('lost'),
    jobId: textColumn('job_id'),
    next: integerColumn('next'),
    left: integerColumn('slices_left'),
    paid: unitsColumn('paid'),
    atMs: integerColumn('at_ms'),
  },
  {
    primaryKey: ['id'],
    indexes: [
      { name: 'answers_by_report', fields: ['leaseId', 'first'], isUnique: true },
      { name: 'answers_by_age', fields: ['atMs'] },
    ],
  },
);
