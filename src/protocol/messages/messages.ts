/**
 * The messages between deployers, workers, operators and the scheduler: their types, and their checks by type of message.
 * Each message is a MessagePack map with a `type`; a request has an `id` and gets one `reply` or `refusal`; a notice gets
 * none. Bytes are MessagePack binary; credits are units (1 credit = 10^9 units) as bigint. A message is declared once, as
 * the checks of its fields, in the file of this folder for its sender; its type is derived from them.
 * @module
 */
import type { Address } from '../../lib/address.js';
import { DEPLOYER_NOTICES, DEPLOYER_REQUESTS } from './deployer-messages.js';
import type { DeployerNotices, DeployerRequests } from './deployer-messages.js';
import type { Hello, Welcome } from './handshake.js';
import { OPERATOR_REQUESTS } from './operator-messages.js';
import type { OperatorRequests } from './operator-messages.js';
import type { Refusal, Reply, SchedulerNotices } from './scheduler-messages.js';
import { WORKER_NOTICES, WORKER_REQUESTS } from './worker-messages.js';
import type { WorkerNotices, WorkerRequests } from './worker-messages.js';

export type { Address };
export type { ConsoleLevel, Cursor, Digest, JobId, LeaseId } from './fields.js';
export type { Hello, Welcome } from './handshake.js';
export type { Input, InputPart, SegmentInput, SegmentPart } from './inputs.js';
export type {
  DescribedInput,
  DistributionInput,
  MemberInput,
  MultiRangeInput,
  RangeInput,
  SparseRangeInput,
} from './range-inputs.js';
export type { JobListing, JobStatus, JournalEvent, JournalRow, RunStatus, WireOffer } from './jobs.js';
export type { Lease, WarmState } from './leases.js';
export type { GroupKey, WireGroupProof, WorkerDescription, WorktimeName } from './workers.js';
export type { Refusal, Reply } from './scheduler-messages.js';
export type {
  DeployerNotices,
  DeployerRequests,
  OperatorRequests,
  SchedulerNotices,
  WorkerNotices,
  WorkerRequests,
};

/** Every request, with the checks of its fields and of its reply. */
export const REQUESTS = { ...DEPLOYER_REQUESTS, ...WORKER_REQUESTS, ...OPERATOR_REQUESTS };
/** The checks of every message of a client that has no reply. */
export const CLIENT_NOTICES = { ...DEPLOYER_NOTICES, ...WORKER_NOTICES };

export type AllRequests = DeployerRequests & WorkerRequests & OperatorRequests;
export type RequestType = keyof AllRequests;
export type RequestBody<K extends RequestType> = AllRequests[K][0];
export type ReplyBody<K extends RequestType> = AllRequests[K][1];

/** `Record<string, never>`, the type of a body without fields, intersected with another type would be `never`. */
type Joined<Q> = Q extends Record<string, never> ? unknown : Q;
type Requests<M> = {
  [K in keyof M]: M[K] extends [infer Q, unknown] ? { type: K; id: number } & Joined<Q> : never;
}[keyof M];
type Notices<M> = { [K in keyof M]: { type: K } & M[K] }[keyof M];

export type DeployerToScheduler = Hello | Requests<DeployerRequests> | Notices<DeployerNotices>;
export type WorkerToScheduler = Hello | Requests<WorkerRequests> | Notices<WorkerNotices>;
export type ClientMessage = DeployerToScheduler | WorkerToScheduler | Requests<OperatorRequests>;
export type SchedulerMessage = Welcome | Reply | Refusal | Notices<SchedulerNotices>;
