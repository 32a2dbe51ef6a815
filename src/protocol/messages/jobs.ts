/**
 * A job as its owner sees it: the offer that pays for it, its status, the rows of its journal.
 * @module
 */
import { NAME_LENGTH_MAX, SEGMENT_SLICES_MAX } from '../limits.js';
import { named, type Check, type Infer, type MapOf } from '../schema/check.js';
import { array, object, optional, tagged } from '../schema/composites.js';
import { boolean, integer, oneOf, text, units } from '../schema/scalars.js';
import {
  address,
  count,
  cursor,
  digest,
  epoch,
  id,
  reason,
  signature,
  sliceCount,
  sliceNumber,
  wallMs,
} from './fields.js';
import { segmentPart } from './inputs.js';

const offerFields = {
  /** Who pays: the signer. */
  account: address,
  /** The owner of the job that is paid: the identity that deploys it. */
  owner: address,
  /** Of the package's bytes. */
  packageDigest: digest,
  /** Highest price of one slice, in units. */
  pricePerSlice: units,
  /** Highest cost of the whole job, in units. */
  ceiling: units,
  /** Wall time after which it is not accepted, milliseconds. */
  acceptBeforeMs: integer(0),
  /** Random, used once. */
  nonce: digest,
  signature,
};
/** A payment offer as signed with EIP-712; `wallet/offer.ts` signs and verifies it. */
export interface WireOffer extends MapOf<typeof offerFields> {}
export const signedOffer: Check<WireOffer> = named('offer', object(offerFields));

export type RunStatus = 'running' | 'paused' | 'finished' | 'cancelled';
const runStatus: Check<RunStatus> = oneOf('running', 'paused', 'finished', 'cancelled');

const jobStatusFields = {
  jobId: id,
  runStatus,
  /** Whether `job.append` is still accepted. */
  open: boolean,
  /** Slices. */
  total: sliceCount,
  /** Slices that are leased now. */
  leased: sliceCount,
  /** Slices with a result. */
  accepted: sliceCount,
  /** Slices that failed for good. */
  failed: sliceCount,
  /** Workers that hold leases of it. */
  workers: count,
  /** Last row of its journal. */
  cursor,
  /** Units paid so far. */
  paid: units,
  /** Why it is cancelled or paused. */
  reason: optional(reason),
};
/** The state of a job at one position of its journal. */
export interface JobStatus extends MapOf<typeof jobStatusFields> {}
export const jobStatus: Check<JobStatus> = named('status', object(jobStatusFields));

const jobListingFields = {
  status: jobStatus,
  owner: address,
  /** Its public name; empty where it has none, or where its package is too large to be decoded for a list. */
  name: text(NAME_LENGTH_MAX),
  /** Wall time of its deployment, milliseconds. */
  createdMs: wallMs,
  /** Of one slice, in units. */
  price: units,
};
/** A job in a list. */
export interface JobListing extends MapOf<typeof jobListingFields> {}
export const jobListing: Check<JobListing> = named('listing', object(jobListingFields));

/** Rows or parts in one message; the size of messages limits them further. */
export const ROWS_MAX = SEGMENT_SLICES_MAX;

const journalEvent = named(
  'event',
  tagged('kind', {
    accepted: object({
      /** The job was deployed. */
      kind: oneOf('accepted'),
    }),
    appended: object({
      /** It has more slices. */
      kind: oneOf('appended'),
      first: sliceNumber,
      count: sliceCount,
    }),
    outcomes: object({
      /** Final outcomes, each slice exactly once over the whole journal: `value`, `blob` or `error` envelopes. */
      kind: oneOf('outcomes'),
      parts: array(segmentPart, ROWS_MAX),
    }),
    closed: object({
      /** No more slices will come. */
      kind: oneOf('closed'),
    }),
    completed: object({
      /** Every slice has a final outcome. */
      kind: oneOf('completed'),
    }),
    cancelled: object({ kind: oneOf('cancelled'), reason }),
    paused: object({
      /** `nofunds` is the reason where credits are missing; else it is the operator's text. */
      kind: oneOf('paused'),
      reason,
    }),
    resumed: object({ kind: oneOf('resumed') }),
  }),
);
export type JournalEvent = Infer<typeof journalEvent>;

const journalRowFields = {
  /** Its number in the journal, from 1: the cursor after it. */
  seq: cursor,
  /** Of the run of the scheduler that wrote it: distinguishes it from another row with that number. 0 where absent. */
  epoch: optional(epoch),
  atMs: wallMs,
  /** The job after this row. */
  status: jobStatus,
  event: journalEvent,
};
/** One row of a job's journal. */
export interface JournalRow extends MapOf<typeof journalRowFields> {}
export const journalRow: Check<JournalRow> = named('row', object(journalRowFields));
