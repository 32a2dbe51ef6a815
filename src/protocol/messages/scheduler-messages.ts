/**
 * What the scheduler sends by itself, and how it refuses a request. Replies are beside their requests.
 * @module
 */
import type { Check, MapOf } from '../schema/check.js';
import { array, object, optional } from '../schema/composites.js';
import type { NoticesOf } from '../schema/requests.js';
import { anything, boolean, integer } from '../schema/scalars.js';
import { consoleFields, count, eventFields, id, progressFields, reason, wireError } from './fields.js';
import { journalRow, ROWS_MAX } from './jobs.js';
import { lease } from './leases.js';

const replyFields = {
  /** The request's `id`. */
  replyTo: count,
  /** A map, checked by the type of the request. */
  body: anything,
};
export interface ReplyFields extends MapOf<typeof replyFields> {}
export const reply: Check<ReplyFields> = object(replyFields);
/** The answer to a request that was done. */
export interface Reply extends ReplyFields {
  type: 'reply';
}

const refusalFields = {
  /** The request's `id`. */
  replyTo: count,
  /** Why it was not done. */
  error: wireError,
};
export interface RefusalFields extends MapOf<typeof refusalFields> {}
export const refusal: Check<RefusalFields> = object(refusalFields);
/** The answer to a request that was not done. */
export interface Refusal extends RefusalFields {
  type: 'refusal';
}

export const SCHEDULER_NOTICES = {
  /** Rows of the journal of a job that is followed, in order, without gap or repeat. */
  'job.journal': object({ jobId: id, rows: array(journalRow, ROWS_MAX) }),
  /** What a slice of a job that is followed printed; best effort. */
  'job.console': object({
    jobId: id,
    /** Of the slice, from 1; earlier ones threw, were lost, or were revoked without progress. */
    attempt: integer(1),
    ...consoleFields,
  }),
  /** What a slice of a job that is followed emitted; best effort. */
  'job.event': object({
    jobId: id,
    /** As in `job.console`. */
    attempt: integer(1),
    ...eventFields,
  }),
  /** How far a slice of a job that is followed is; best effort. */
  'job.progress': object({
    jobId: id,
    /** As in `job.console`. */
    attempt: optional(integer(1)),
    ...progressFields,
  }),
  /** Grants a lease. */
  'lease.grant': object({
    /** The number of the request that is granted. */
    request: count,
    lease,
  }),
  /** Asks for half of the slices of a lease that have not started (`lease.release`). */
  'lease.recall': object({
    leaseId: id,
    /**
     * The sandbox that they are for has loaded the job, so that a sandbox which has not loaded it may release its last
     * slice too.
     */
    isRequesterWarm: optional(boolean),
  }),
  /** The worker must stop at once; further reports of this lease are refused. */
  'lease.revoke': object({ leaseId: id, reason }),
  /** The scheduler closes the connection after this message. */
  goodbye: object({
    /** Why. */
    error: wireError,
  }),
};
/** Messages of the scheduler that answer no request. */
export interface SchedulerNotices extends NoticesOf<typeof SCHEDULER_NOTICES> {}
