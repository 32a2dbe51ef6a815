/**
 * The tables of slices: their input, the state of each range, their outcomes, and the journal of a job. Slices are stored
 * as disjoint ranges with a state, never as single rows; journal rows refer to their outcomes by `seq`.
 * @module
 */
import type { JobStatus, JournalEvent } from '../../../protocol/messages/messages.js';
import { bytesColumn, codedColumn, integerColumn, jsonColumn, nullable, textColumn } from './column.js';
import { STATUS_CODEC } from './status-codec.js';
import { table, type RecordOf } from './table.js';

/** `cancelled`: failed, because its owner cancelled it. */
export type RangeState = 'pending' | 'leased' | 'accepted' | 'failed' | 'cancelled';

/** An event as stored in the journal: outcomes are not in it, their parts are found by `seq`. */
export type StoredEvent = Exclude<JournalEvent, { kind: 'outcomes' }> | { kind: 'outcomes' };

export const INPUTS = table(
  'inputs',
  {
    jobId: textColumn('job_id'),
    first: integerColumn('first'),
    count: integerColumn('count'),
    appendId: textColumn('append_id'),
    /** `range` for all inputs that are stored as a description; its own kind is in the body. */
    kind: textColumn<'range' | 'segment'>('kind'),
    body: bytesColumn('body'),
  },
  {
    indexes: [
      { name: 'inputs_by_place', fields: ['jobId', 'first'], isUnique: true },
      { name: 'inputs_by_append', fields: ['jobId', 'appendId'], isUnique: true },
    ],
  },
);

export const RANGES = table(
  'ranges',
  {
    jobId: textColumn('job_id'),
    first: integerColumn('first'),
    last: integerColumn('last'),
    state: textColumn<RangeState>('state'),
    /** Attempts at the range's slices that were lost, and that threw. */
    lost: integerColumn('lost'),
    thrown: integerColumn('thrown'),
    /** The failed attempts as JSON text, see `attemptsOf`; '' without any. */
    failures: textColumn('failures', { default: `''` }),
    leaseId: nullable(textColumn('lease_id')),
  },
  {
    primaryKey: ['jobId', 'first'],
    indexes: [{ name: 'ranges_to_lease', fields: ['jobId', 'state', 'failures', 'first'] }],
  },
);

export type RangeRecord = RecordOf<typeof RANGES>;

/** Outcomes of `count` slices. A segment of one envelope is the outcome of each of them. */
export const OUTCOMES = table(
  'outputs',
  {
    jobId: textColumn('job_id'),
    first: integerColumn('first'),
    count: integerColumn('count'),
    seq: integerColumn('seq'),
    segment: bytesColumn('segment'),
  },
  {
    indexes: [
      { name: 'outputs_by_place', fields: ['jobId', 'first'], isUnique: true },
      { name: 'outputs_by_row', fields: ['jobId', 'seq', 'first'] },
    ],
  },
);

export const JOURNAL = table(
  'journal',
  {
    jobId: textColumn('job_id'),
    seq: integerColumn('seq'),
    atMs: integerColumn('at_ms'),
    event: jsonColumn<StoredEvent>('event'),
    status: codedColumn<JobStatus>('status', 'text', STATUS_CODEC),
    epoch: integerColumn('epoch', { default: '0' }),
  },
  { primaryKey: ['jobId', 'seq'] },
);

/** Requests of owners to cancel or to retry slices, by the id that makes each idempotent. */
export const SLICE_REQUESTS = table(
  'slice_requests',
  {
    jobId: textColumn('job_id'),
    requestId: textColumn('request_id'),
    /** Slices that it changed. */
    count: integerColumn('count'),
    /** The slice at which a further request goes on; null at the end. */
    next: nullable(integerColumn('next')),
  },
  { primaryKey: ['jobId', 'requestId'], isClustered: true },
);

/** What running slices stored, for the worker that goes on with them. */
export const CHECKPOINTS = table(
  'checkpoints',
  { jobId: textColumn('job_id'), slice: integerColumn('slice'), state: bytesColumn('state') },
  { primaryKey: ['jobId', 'slice'] },
);
