/**
 * The shape of the reply to each type of request. A reply does not contain the type of its request: the client passes it.
 * @module
 */
import {
  BANS_MAX,
  JOB_LIST_MAX,
  NAME_LENGTH_MAX,
  PACKAGE_BYTES_MAX,
  RENEW_LEASES_MAX,
  REASON_LENGTH_MAX,
  SEGMENT_SLICES_MAX,
  WORKER_LIST_MAX,
  WORKTIMES_MAX,
} from '../limits.js';
import {
  address,
  array,
  boolean,
  bytes,
  digest,
  id,
  integer,
  object,
  oneOf,
  optional,
  text,
  units,
} from './message-checks.js';
import type { Check } from './message-checks.js';
import {
  jobStatus,
  segmentPart,
  signedOffer,
  sliceCount,
  sliceNumber,
  wallMs,
  worktimeName,
} from './message-checks-shared.js';
import type { Ban, WorkerListing } from '../messages/operator-messages.js';
import type { JobListing, JobStatus, ReplyBody, RequestType } from '../messages/messages.js';

const ban = object<Ban>({
  subject: text(NAME_LENGTH_MAX),
  kind: oneOf('identity', 'worker', 'network'),
  reason: text(REASON_LENGTH_MAX),
  atMs: wallMs,
});
const nothing = object<Record<string, never>>({});
const status = object<{ status: JobStatus }>({ status: jobStatus });

export const REPLY_CHECKS: { readonly [K in RequestType]: Check<ReplyBody<K>> } = {
  'session.prove': object({ address }),
  'group.prove': nothing,
  'blob.ticket': object<ReplyBody<'blob.ticket'>>({
    exists: boolean,
    ticket: optional(text(NAME_LENGTH_MAX * 4)),
  }),
  'job.deploy': status,
  'job.append': object({ first: sliceNumber, count: sliceCount }),
  'job.close': status,
  'job.cancel': status,
  'job.status': status,
  'job.list': object<ReplyBody<'job.list'>>({
    jobs: array(
      object<JobListing>({
        status: jobStatus,
        owner: address,
        name: text(NAME_LENGTH_MAX),
        createdMs: wallMs,
        price: units,
      }),
      JOB_LIST_MAX,
    ),
    more: boolean,
  }),
  'job.terms': object<ReplyBody<'job.terms'>>({
    packageDigest: digest,
    account: optional(address),
    pricePerSlice: units,
    ceiling: units,
  }),
  'job.topup': status,
  'job.results': object<ReplyBody<'job.results'>>({
    parts: array(segmentPart, SEGMENT_SLICES_MAX),
    next: optional(sliceNumber),
  }),
  'job.follow': object({ status: jobStatus, owner: address }),
  'job.unfollow': nothing,
  'account.show': object({ address, balance: units, escrow: units, earned: units }),
  'account.mint': object({ balance: units }),
  'job.package': object<ReplyBody<'job.package'>>({
    package: bytes(PACKAGE_BYTES_MAX, 1),
    owner: address,
    offer: optional(signedOffer),
  }),
  'lease.report': object({ next: sliceNumber, paid: units }),
  'lease.release': nothing,
  'lease.renew': object({ expired: array(id, RENEW_LEASES_MAX) }),
  'job.pause': nothing,
  'job.resume': object({ wasPaused: boolean }),
  'worker.list': object<ReplyBody<'worker.list'>>({
    workers: array(
      object<WorkerListing>({
        workerId: id,
        peer: text(NAME_LENGTH_MAX),
        sinceMs: wallMs,
        sandboxHost: text(NAME_LENGTH_MAX),
        sandboxes: integer(1),
        worktimes: array(worktimeName, WORKTIMES_MAX),
        paymentAddress: optional(address),
        leases: integer(0),
        slices: integer(0),
        failures: integer(0),
      }),
      WORKER_LIST_MAX,
    ),
    more: boolean,
  }),
  'worker.evict': nothing,
  'ban.add': object({ ban }),
  'ban.remove': nothing,
  'ban.list': object({ bans: array(ban, BANS_MAX) }),
  'scheduler.drain': object({ draining: boolean, leases: integer(0) }),
  ping: object({ nowMs: wallMs }),
};
