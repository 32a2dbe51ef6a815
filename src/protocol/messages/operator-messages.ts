/**
 * The requests that only operators may send. The connection's `hello` must have the token of the scheduler's data folder.
 * @module
 */
import { BANS_MAX, DRAIN_MS_MAX, NAME_LENGTH_MAX, WORKER_LIST_MAX } from '../limits.js';
import { named, type Check, type MapOf } from '../schema/check.js';
import { array, object, optional } from '../schema/composites.js';
import { request, type RequestsOf } from '../schema/requests.js';
import { boolean, integer, oneOf, text } from '../schema/scalars.js';
import { jobOnly, nothing } from './deployer-messages.js';
import { address, count, id, name, reason, wallMs } from './fields.js';
import { worktimeNames } from './workers.js';

const workerListingFields = {
  workerId: id,
  /** Its IP address and port, as the scheduler sees them. */
  peer: text(NAME_LENGTH_MAX),
  /** Wall time at which this connection was accepted, milliseconds. */
  sinceMs: wallMs,
  /** What its sandboxes run in. */
  sandboxHost: text(NAME_LENGTH_MAX),
  sandboxes: integer(1),
  worktimes: worktimeNames,
  /** Who is paid; absent where nobody is. */
  paymentAddress: optional(address),
  /** Leases that it holds now. */
  leases: count,
  /** Slices that it reported over this connection. */
  slices: count,
  /** Slices that failed together with their sandbox, over this connection. */
  failures: count,
};
/** A connected worker. */
export interface WorkerListing extends MapOf<typeof workerListingFields> {}
const workerListing: Check<WorkerListing> = named('worker listing', object(workerListingFields));

/**
 * - `identity`: an address: jobs of that owner, deployers that prove it, workers that are paid to it.
 * - `worker`: a worker's id.
 * - `network`: an IP address, or a prefix such as `203.0.113.0/24`.
 */
export type BanKind = 'identity' | 'worker' | 'network';
const banKind: Check<BanKind> = oneOf('identity', 'worker', 'network');

const banFields = {
  subject: text(NAME_LENGTH_MAX),
  kind: banKind,
  reason,
  /** Wall time, milliseconds. */
  atMs: wallMs,
};
export interface Ban extends MapOf<typeof banFields> {}
const ban: Check<Ban> = named('ban', object(banFields));

export const OPERATOR_REQUESTS = {
  /** Revokes a job's leases and grants none until it is resumed; its owner is shown the reason. */
  'job.pause': request(
    object({
      jobId: id,
      /** An empty one keeps that of a job which is paused. */
      reason,
    }),
    nothing,
  ),
  /** Resumes a job. */
  'job.resume': request(
    jobOnly,
    object({
      /** Whether an operator or a ban had paused it. */
      wasPaused: boolean,
    }),
  ),
  /** Connected workers in the order of their ids. */
  'worker.list': request(
    object({
      /** Only those with greater ids. */
      after: optional(id),
      /** Workers at most. */
      limit: integer(1, WORKER_LIST_MAX),
    }),
    object({
      workers: array(workerListing, WORKER_LIST_MAX),
      /** Whether there are further ones. */
      more: boolean,
    }),
  ),
  /** Closes a worker's connection and revokes its leases; it may connect again. */
  'worker.evict': request(object({ workerId: id, reason }), nothing),
  /** Refuses the subject's connections and jobs from now on, closes its connections and pauses an identity's running jobs. */
  'ban.add': request(
    object({
      /** An address, a worker's id, an IP address, or a prefix of addresses. */
      subject: name,
      reason,
    }),
    object({ ban }),
  ),
  'ban.remove': request(object({ subject: name }), nothing),
  'ban.list': request(
    nothing,
    object({
      /** The oldest first. */
      bans: array(ban, BANS_MAX),
    }),
  ),
  /** Refuses new jobs and grants no leases, or ends that. */
  'scheduler.drain': request(
    object({
      /** `false` ends it. */
      on: boolean,
      /** Milliseconds after which it counts as drained even if leases remain; `DRAIN_MS_DEFAULT` where it is absent. */
      limitMs: optional(integer(0, DRAIN_MS_MAX)),
    }),
    object({ draining: boolean, leases: count }),
  ),
};
/** Requests that only operators may send: the fields of the request, the body of its reply. */
export interface OperatorRequests extends RequestsOf<typeof OPERATOR_REQUESTS> {}
