/**
 * A job as its owner sees it: the offer that pays for it, its status, the rows of its journal.
 * @module
 */
import {
  METADATA_BYTES_MAX,
  NAME_LENGTH_MAX,
  RANGES_PER_REQUEST_MAX,
  SEGMENT_SLICES_MAX,
  TAGS_MAX,
} from '../limits.js';
import { named, type Check, type Infer, type MapOf } from '../schema/check.js';
import { array, object, optional, tagged } from '../schema/composites.js';
import { boolean, bytes, integer, oneOf, text, units } from '../schema/scalars.js';
import {
  address,
  count,
  cursor,
  digest,
  epoch,
  id,
  name,
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
  /** Of these, slices that the owner cancelled; none where it is absent. */
  cancelled: optional(sliceCount),
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

/** Tags by which the owner finds a job. */
export const tags: Check<string[]> = array(name, TAGS_MAX);
/** What the owner notes about a job: an encoded value (docs/values.md), which the scheduler does not read. */
export const metadata: Check<Uint8Array> = bytes(METADATA_BYTES_MAX, 1);

const jobListingFields = {
  status: jobStatus,
  owner: address,
  /** Its public name; empty where it has none, or where its package is too large to be decoded for a list. */
  name: text(NAME_LENGTH_MAX),
  /** Wall time of its deployment, milliseconds. */
  createdMs: wallMs,
  /** Of one slice, in units. */
  price: units,
  /** None where it is absent. */
  tags: optional(tags),
  metadata: optional(metadata),
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
      /**
       * Outcomes, `value`, `blob` or `error` envelopes: of each slice once over the whole journal, unless a later `retried`
       * names it. Those of slices that were run again are missing here for who reads this row afterwards.
       */
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
    retried: object({
      /** These failed slices run again: their outcomes so far are void. A job that was finished runs again. */
      kind: oneOf('retried'),
      slices: array(object({ first: sliceNumber, count: sliceCount }), RANGES_PER_REQUEST_MAX),
    }),
    reopened: object({
      /** In the place of `completed`, once failed slices run again: the `retried` follows. */
      kind: oneOf('reopened'),
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
