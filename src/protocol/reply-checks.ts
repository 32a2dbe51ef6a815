/**
 * What a client takes as the reply to each type of request: one table. The reply itself does not say what it
 * answers, so whoever asked names the type.
 * @module
 */
import {
  JOB_LIST_MAX,
  NAME_LENGTH_MAX,
  PACKAGE_BYTES_MAX,
  RENEW_LEASES_MAX,
  SEGMENT_SLICES_MAX,
} from './limits.js';
import { address, array, boolean, bytes, id, object, optional, text, units } from './message-checks.js';
import type { Check } from './message-checks.js';
import {
  jobStatus,
  segmentPart,
  signedOffer,
  sliceCount,
  sliceNumber,
  wallMs,
} from './message-checks-shared.js';
import type { JobListing, JobStatus, ReplyBody, RequestType } from './messages.js';

const nothing = object<Record<string, never>>({});
const status = object<{ status: JobStatus }>({ status: jobStatus });

export const REPLY_CHECKS: { readonly [K in RequestType]: Check<ReplyBody<K>> } = {
  'session.prove': object({ address }),
  'group.prove': nothing,
  'blob.ticket': object<ReplyBody<'blob.ticket'>>({
    known: boolean,
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
      }),
      JOB_LIST_MAX,
    ),
    more: boolean,
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
  'lease.return': nothing,
  'lease.renew': object({ lost: array(id, RENEW_LEASES_MAX) }),
  ping: object({ nowMs: wallMs }),
};
