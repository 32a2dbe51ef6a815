/**
 * The shapes of the messages that the scheduler receives, by type of message. The compiler ensures that they equal the types
 * in `messages.ts`.
 * @module
 */
import {
  BLOB_BYTES_MAX,
  DRAIN_MS_MAX,
  FOLLOW_WINDOW_BYTES_MAX,
  GROUPS_MAX,
  JOB_LIST_MAX,
  LEASE_SLICES_MAX,
  NAME_LENGTH_MAX,
  ORIGIN_LENGTH_MAX,
  PACKAGE_BYTES_MAX,
  RENEW_LEASES_MAX,
  SANDBOXES_PER_WORKER_MAX,
  WARM_JOBS_MAX,
  WARM_WORKTIMES_MAX,
  WORKER_FILTER_MAX,
  WORKER_LIST_MAX,
  WORKER_ORIGINS_MAX,
  WORKTIMES_MAX,
} from '../limits.js';
import {
  address,
  array,
  atLeast,
  boolean,
  bytes,
  digest,
  id,
  integer,
  object,
  oneOf,
  optional,
  refine,
  signature,
  text,
  units,
} from './message-checks.js';
import type { Check } from './message-checks.js';
import {
  consoleFields,
  cursor,
  epoch,
  errorText,
  input,
  name,
  progressFields,
  reason,
  segmentBytes,
  signedOffer,
  sliceNumber,
  worktimeName,
} from './message-checks-shared.js';
import type {
  DeployerNotices,
  GroupKey,
  WireGroupProof,
  Hello,
  RequestBody,
  RequestType,
  WorkerDescription,
  WorkerNotices,
} from '../messages/messages.js';

const groupKey = object<GroupKey>({ key: name, address: optional(address) });

const worker = object<WorkerDescription>({
  workerId: id,
  worktimes: array(worktimeName, WORKTIMES_MAX),
  sandboxHost: oneOf('browser', 'deno', 'chromium', 'thread'),
  sandboxes: integer(1, SANDBOXES_PER_WORKER_MAX),
  paymentAddress: optional(address),
  owners: optional(array(address, WORKER_FILTER_MAX)),
  jobs: optional(array(id, WORKER_FILTER_MAX)),
  blockedJobs: optional(array(id, WORKER_FILTER_MAX)),
  blockedOwners: optional(array(address, WORKER_FILTER_MAX)),
  groups: optional(array(groupKey, GROUPS_MAX)),
  minimumPrice: optional(units),
  allowOrigins: optional(array(text(ORIGIN_LENGTH_MAX), WORKER_ORIGINS_MAX)),
});

export const hello = object<Omit<Hello, 'type'>>({
  protocol: integer(0),
  software: name,
  role: oneOf('deployer', 'worker', 'operator'),
  worker: optional(worker),
  operatorToken: optional(text(NAME_LENGTH_MAX)),
});

const report = refine(
  object<RequestBody<'lease.report'>>({
    leaseId: id,
    first: sliceNumber,
    count: integer(0, LEASE_SLICES_MAX),
    computeMs: atLeast(0),
    segment: optional(segmentBytes),
    failure: optional(object<{ code: string; message: string }>({ code: name, message: errorText })),
  }),
  ({ count, segment, failure }) =>
    count > 0 ? segment !== undefined : segment === undefined && failure !== undefined,
  'a segment exactly where count is not 0, and outcomes or a failure',
);

const nothing = object<Record<string, never>>({});
const job = object<{ jobId: string }>({ jobId: id });

const groupProof = object<WireGroupProof>({ key: name, address, signature });

export const REQUEST_CHECKS: { readonly [K in RequestType]: Check<RequestBody<K>> } = {
  'session.prove': object({ address, signature }),
  'blob.ticket': object({ digest, bytes: integer(0, BLOB_BYTES_MAX) }),
  'group.prove': object({ proofs: array(groupProof, GROUPS_MAX) }),
  'job.deploy': object<RequestBody<'job.deploy'>>({
    jobId: id,
    package: bytes(PACKAGE_BYTES_MAX, 1),
    groups: optional(array(groupKey, GROUPS_MAX)),
    offer: optional(signedOffer),
  }),
  'job.append': object({ jobId: id, appendId: id, input }),
  'job.close': job,
  'job.cancel': object({ jobId: id, reason }),
  'job.status': job,
  'job.list': object<RequestBody<'job.list'>>({ after: optional(id), limit: integer(1, JOB_LIST_MAX) }),
  'job.terms': job,
  'job.topup': object({ jobId: id, offer: signedOffer }),
  'job.results': object({ jobId: id, from: sliceNumber, to: sliceNumber }),
  'job.follow': object<RequestBody<'job.follow'>>({
    jobId: id,
    after: cursor,
    epoch: optional(epoch),
    windowBytes: integer(0, FOLLOW_WINDOW_BYTES_MAX),
  }),
  'job.unfollow': job,
  'account.show': object({ address }),
  'account.mint': object({ address, amount: units, mintId: id }),
  'job.package': job,
  'lease.report': report,
  'lease.release': object({ leaseId: id, from: sliceNumber, reason }),
  'lease.renew': object({ leaseIds: array(id, RENEW_LEASES_MAX) }),
  'job.pause': object({ jobId: id, reason }),
  'job.resume': job,
  'worker.list': object<RequestBody<'worker.list'>>({
    after: optional(id),
    limit: integer(1, WORKER_LIST_MAX),
  }),
  'worker.evict': object({ workerId: id, reason }),
  'ban.add': object({ subject: name, reason }),
  'ban.remove': object({ subject: name }),
  'ban.list': nothing,
  'scheduler.drain': object({ on: boolean, limitMs: optional(integer(0, DRAIN_MS_MAX)) }),
  ping: nothing,
};

type ClientNotices = WorkerNotices & DeployerNotices;

export const CLIENT_NOTICE_CHECKS: { readonly [K in keyof ClientNotices]: Check<ClientNotices[K]> } = {
  'worker.update': object<ClientNotices['worker.update']>({ worker }),
  'lease.request': object<ClientNotices['lease.request']>({
    request: integer(0),
    loadedJob: optional(id),
    warmJobs: optional(array(id, WARM_JOBS_MAX)),
    warmWorktimes: optional(array(worktimeName, WARM_WORKTIMES_MAX)),
    idle: boolean,
  }),
  'lease.withdraw': object({ request: integer(0) }),
  'slice.console': object<ClientNotices['slice.console']>({
    leaseId: id,
    ...consoleFields,
  }),
  'slice.progress': object<ClientNotices['slice.progress']>({
    leaseId: id,
    ...progressFields,
  }),
  'follow.credit': object({ jobId: id, bytes: integer(0) }),
};
