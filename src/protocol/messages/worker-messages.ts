/**
 * What workers send: requests with their replies, and notices.
 * @module
 */
import { LEASE_SLICES_MAX, RENEW_LEASES_MAX } from '../limits.js';
import { array, object, optional, refine } from '../schema/composites.js';
import { request, type NoticesOf, type RequestsOf } from '../schema/requests.js';
import { boolean, integer, units } from '../schema/scalars.js';
import { DEPLOYER_REQUESTS, jobOnly, nothing, packageBytes } from './deployer-messages.js';
import {
  address,
  consoleFields,
  count,
  durationMs,
  errorText,
  eventFields,
  id,
  name,
  progressFields,
  reason,
  segmentBytes,
  sliceNumber,
} from './fields.js';
import { signedOffer } from './jobs.js';
import { checkpointBytes, warmStateFields } from './leases.js';
import { worker } from './workers.js';

const report = refine(
  object({
    leaseId: id,
    /** The first of these outcomes: where the last report ended. */
    first: sliceNumber,
    /** Of these outcomes. */
    count: integer(0, LEASE_SLICES_MAX),
    /** Milliseconds in the work function, of all these slices together. */
    computeMs: durationMs,
    /** Exactly `count` envelopes of kind `value`, `blob` or `error`; absent exactly where `count` is 0. */
    segment: optional(segmentBytes),
    /** How the slice after these failed together with its sandbox; the lease continues with the slice behind it. */
    failure: optional(object({ code: name, message: errorText })),
  }),
  (fields) =>
    fields.count > 0
      ? fields.segment !== undefined
      : fields.segment === undefined && fields.failure !== undefined,
  'a report with a segment exactly where count is not 0, and with a segment or a failure',
);

export const WORKER_REQUESTS = {
  /** The package of a job of which it has a lease, and the signed offer, for the worker to verify. */
  'job.package': request(
    jobOnly,
    object({ package: packageBytes, owner: address, offer: optional(signedOffer) }),
  ),
  'blob.ticket': DEPLOYER_REQUESTS['blob.ticket'],
  /** For a job that it may run. */
  'job.status': DEPLOYER_REQUESTS['job.status'],
  /** For its own `paymentAddress` only. */
  'account.show': DEPLOYER_REQUESTS['account.show'],
  'group.prove': DEPLOYER_REQUESTS['group.prove'],
  /**
   * Outcomes of the next `count` slices of a lease, starting at `first`; always the first of those not yet reported. The
   * reply is sent after the commit; a lease that does not exist any more is refused with `LEASE_LOST`.
   */
  'lease.report': request(
    report,
    object({
      /** The next slice that is awaited. */
      next: sliceNumber,
      /** What these outcomes paid, in units. */
      paid: units,
    }),
  ),
  /** Releases slices of a lease that have not started; nothing is charged for them. */
  'lease.release': request(
    object({
      leaseId: id,
      /** This slice and all after it. */
      from: sliceNumber,
      reason,
    }),
    nothing,
  ),
  /**
   * Stores the state of a running slice of a lease in place of its earlier one, until the slice has an outcome. The next
   * attempt gets it in its lease. The reply is sent after the commit; a lease that does not exist any more is refused with
   * `LEASE_LOST`.
   */
  'lease.checkpoint': request(
    object({
      leaseId: id,
      sliceNumber,
      /** An encoded value (docs/values.md). */
      state: checkpointBytes,
    }),
    nothing,
  ),
  /** Sandboxes still run these leases. */
  'lease.renew': request(
    object({ leaseIds: array(id, RENEW_LEASES_MAX) }),
    object({
      /** Those that are not this worker's any more. */
      expired: array(id, RENEW_LEASES_MAX),
    }),
  ),
  ping: DEPLOYER_REQUESTS.ping,
};
/** Requests of a worker: the fields of the request, the body of its reply. */
export interface WorkerRequests extends RequestsOf<typeof WORKER_REQUESTS> {}

export const WORKER_NOTICES = {
  /** Replaces the description in the worker's `hello`. */
  'worker.update': object({
    /** As in its `hello`, with the same `workerId`. */
    worker,
  }),
  /** Requests one lease for one sandbox. */
  'lease.request': object({
    /** A number of the worker's choice; the same number again replaces the request. The grant repeats it. */
    request: count,
    ...warmStateFields,
    /** Whether the sandbox has no work now; a worker requests its next lease ahead of time with false. */
    idle: boolean,
  }),
  /** Withdraws the request of that number. */
  'lease.withdraw': object({ request: count }),
  /** What a slice printed. */
  'slice.console': object({ leaseId: id, ...consoleFields }),
  /** What a slice emitted. */
  'slice.event': object({ leaseId: id, ...eventFields }),
  /** How far a slice is. */
  'slice.progress': object({ leaseId: id, ...progressFields }),
};
/** Messages of a worker without a reply. */
export interface WorkerNotices extends NoticesOf<typeof WORKER_NOTICES> {}
