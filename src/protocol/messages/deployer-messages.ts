/**
 * What deployers (and operators) send: requests with their replies, and notices.
 * @module
 */
import {
  BLOB_BYTES_MAX,
  FOLLOW_WINDOW_BYTES_MAX,
  GROUPS_MAX,
  JOB_LIST_MAX,
  NAME_LENGTH_MAX,
  PACKAGE_BYTES_MAX,
} from '../limits.js';
import type { Check } from '../schema/check.js';
import { array, object, optional } from '../schema/composites.js';
import { request, type NoticesOf, type RequestsOf } from '../schema/requests.js';
import { boolean, bytes, integer, text, units } from '../schema/scalars.js';
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
  type JobId,
} from './fields.js';
import { input, segmentPart } from './inputs.js';
import { jobListing, jobStatus, metadata, ROWS_MAX, signedOffer, tags, type JobStatus } from './jobs.js';
import { groupKeys, groupProof } from './workers.js';

/** A request or a reply without fields. */
export const nothing = object({});
/** A request that names a job, and nothing else. */
export const jobOnly: Check<{ jobId: JobId }> = object({ jobId: id });
const statusOnly: Check<{ status: JobStatus }> = object({ status: jobStatus });
export const packageBytes: Check<Uint8Array> = bytes(PACKAGE_BYTES_MAX, 1);

const sliceRequestFields = {
  jobId: id,
  /** Made by the deployer; the same again changes nothing and has the same reply. */
  requestId: id,
  /** First slice. */
  from: sliceNumber,
  /** Last slice, included; it may be larger than the job's last. */
  to: sliceNumber,
};
const sliceReply = object({
  status: jobStatus,
  /** Slices that were changed. */
  count: sliceCount,
  /** The slice at which a further request, with an id of its own, goes on; absent at the end. */
  next: optional(sliceNumber),
});

export const DEPLOYER_REQUESTS = {
  /** Proves `address` by a signature over the welcome's challenge; the first request on every connection. */
  'session.prove': request(object({ address, signature }), object({ address })),
  /** Proves the secrets of compute groups for the duration of the connection. */
  'group.prove': request(
    object({
      /** Each with a signature over the welcome's challenge. */
      proofs: array(groupProof, GROUPS_MAX),
    }),
    nothing,
  ),
  /** A ticket for `PUT /blobs/<digest>` with `Authorization: Bearer <ticket>`; absent where the blob `exists` already. */
  'blob.ticket': request(
    object({
      /** Of the blob. */
      digest,
      /** Its size. */
      bytes: integer(0, BLOB_BYTES_MAX),
    }),
    object({
      /** The scheduler has the blob already, and nothing is to be uploaded. */
      exists: boolean,
      ticket: optional(text(NAME_LENGTH_MAX * 4)),
    }),
  ),
  /** Creates a job, which is open and has no slices yet. Idempotent for the same `jobId` and package. */
  'job.deploy': request(
    object({
      /** Made by the deployer. */
      jobId: id,
      /** The canonical bytes of the job package (docs/values.md). What it names as blobs has been uploaded before. */
      package: packageBytes,
      /**
       * Those of the package's groups that have a secret, each proved before over this connection by `group.prove`; the
       * others are open to every worker that names their key.
       */
      groups: optional(groupKeys),
      /** Of the connection's owner; without one the job pays nothing. */
      offer: optional(signedOffer),
      /** Only the owner sees them, in `job.list`. */
      tags: optional(tags),
      /** Like the tags. */
      metadata: optional(metadata),
    }),
    statusOnly,
  ),
  /** Adds slices at the end. The same `appendId` again adds nothing and has the same reply. */
  'job.append': request(
    object({ jobId: id, appendId: id, input }),
    object({
      /** The first of the slices that were added. */
      first: sliceNumber,
      /** How many were added. */
      count: sliceCount,
    }),
  ),
  /** No more slices will come. */
  'job.close': request(jobOnly, statusOnly),
  /** Ends a job: its leases are revoked; what was accepted stays, and stays paid. */
  'job.cancel': request(object({ jobId: id, reason }), statusOnly),
  /** Cancels slices that are not done: they fail with the code `SLICE_CANCELLED`, and cost nothing. */
  'slices.cancel': request(object({ ...sliceRequestFields, reason }), sliceReply),
  /**
   * Runs the failed and the cancelled of these slices again, in place. Those with a result stay as they are. A job that was
   * finished runs again; one that was cancelled is refused.
   */
  'slices.retry': request(object(sliceRequestFields), sliceReply),
  /** The state of a job. */
  'job.status': request(jobOnly, statusOnly),
  /** The client's own jobs (for an operator all jobs), newest first. */
  'job.list': request(
    object({
      /** Only jobs that are older than that one. */
      after: optional(id),
      /** Only jobs with that tag. */
      tag: optional(name),
      /** Jobs at most. */
      limit: integer(1, JOB_LIST_MAX),
    }),
    object({
      jobs: array(jobListing, JOB_LIST_MAX),
      /** Whether there are older ones. */
      more: boolean,
    }),
  ),
  /** What a job of the client's pays, and from which account; for a top-up by another process. */
  'job.terms': request(
    jobOnly,
    object({
      packageDigest: digest,
      /** Who pays; absent where it pays nothing. */
      account: optional(address),
      /** Of one slice, in units. */
      pricePerSlice: units,
      /** Of the whole job so far, in units. */
      ceiling: units,
    }),
  ),
  /** A further signed offer for the same package, whose ceiling replaces the one before. */
  'job.topup': request(object({ jobId: id, offer: signedOffer }), statusOnly),
  /** The outcomes of slices `from` to `to`, as far as there are any. */
  'job.results': request(
    object({
      jobId: id,
      /** First slice. */
      from: sliceNumber,
      /** Last slice, included. */
      to: sliceNumber,
    }),
    object({
      /** In the order of their slices. */
      parts: array(segmentPart, ROWS_MAX),
      /** The slice to continue with; absent at the end. */
      next: optional(sliceNumber),
    }),
  ),
  /** Starts `job.journal` messages, from the row after `after`. A connection follows a job at most once. */
  'job.follow': request(
    object({
      jobId: id,
      /** The last row that was received; 0 for all. */
      after: cursor,
      /** Of that row, where it is known. */
      epoch: optional(epoch),
      /** Bytes that may be in transit before they are credited. */
      windowBytes: integer(0, FOLLOW_WINDOW_BYTES_MAX),
    }),
    object({ status: jobStatus, owner: address }),
  ),
  'job.unfollow': request(jobOnly, nothing),
  /** The balance of an account. */
  'account.show': request(
    object({ address }),
    object({
      address,
      /** Units. */
      balance: units,
      /** Units set aside for jobs that run. */
      escrow: units,
      /** Units paid for slices so far. */
      earned: units,
    }),
  ),
  /** For operators only: creates credits. */
  'account.mint': request(
    object({
      address,
      amount: units,
      /** The same again changes nothing. */
      mintId: id,
    }),
    object({ balance: units }),
  ),
  /** Keeps an idle connection. */
  ping: request(
    nothing,
    object({
      /** Wall time of the scheduler, milliseconds. */
      nowMs: wallMs,
    }),
  ),
};
/** Requests of a deployer or operator: the fields of the request, the body of its reply. */
export interface DeployerRequests extends RequestsOf<typeof DEPLOYER_REQUESTS> {}

export const DEPLOYER_NOTICES = {
  /** The follower has processed so many further bytes of the journal's segments. */
  'follow.credit': object({ jobId: id, bytes: count }),
};
/** Messages of a deployer without a reply. */
export interface DeployerNotices extends NoticesOf<typeof DEPLOYER_NOTICES> {}
