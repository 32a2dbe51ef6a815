/**
 * The messages between deployers, workers, operators and the scheduler: types only. Each message is a MessagePack map
 * with a `type`; a request has an `id` and gets one `reply` or `refusal`; a notice gets none. Bytes are MessagePack
 * binary; credits are units (1 credit = 10^9 units) as bigint. `codec.ts` checks received messages.
 * @module
 */
import type { Address } from '../../lib/address.js';
import type { WireError } from '../../lib/errors.js';
import type { OperatorRequests } from './operator-messages.js';

export type { Address };

/** 64 lower-case hexadecimal digits of a SHA-256. */
export type Digest = string;
export type JobId = string;
export type LeaseId = string;
/** A position in a job's journal: the number of the last row that was received; 0 is before the first. */
export type Cursor = number;

export type Role = 'deployer' | 'worker' | 'operator';

/** The first message of a client. */
export interface Hello {
  type: 'hello';
  protocol: number;
  software: string;
  role: Role;
  /** Of a worker: its description. */
  worker?: WorkerDescription;
  /** Of an operator: the token in the scheduler's data folder. */
  operatorToken?: string;
}

/** The first message of the scheduler. */
export interface Welcome {
  type: 'welcome';
  protocol: number;
  software: string;
  /** 64 hexadecimal digits: the salt of the EIP-712 domain of everything that is signed for this scheduler. */
  schedulerId: string;
  /** Wall time of the scheduler, milliseconds. */
  nowMs: number;
  /** What a client signs to prove its address or a group's secret: 64 hexadecimal digits, random for each connection. */
  challenge: string;
  worktimes: WorktimeName[];
  /** The lowest price of a slice that this scheduler accepts, in units. */
  minimumPrice: bigint;
}

export interface WorktimeName {
  name: string;
  /** Exact semver. */
  version: string;
}

export interface WorkerDescription {
  /** The same on every connection of the worker (`ID_PATTERN`). */
  workerId: string;
  worktimes: WorktimeName[];
  /** What its sandboxes run in. */
  sandboxHost: 'browser' | 'deno' | 'chromium' | 'thread';
  /** Sandboxes that it runs at once, at most. */
  sandboxes: number;
  /** Who is paid; nobody when absent. */
  paymentAddress?: Address;
  /** It runs jobs of these owners only; anybody's when absent. */
  owners?: Address[];
  /** It runs these jobs only. */
  jobs?: JobId[];
  /** It runs none of these jobs. */
  blockedJobs?: JobId[];
  /** It runs no job of these owners. */
  blockedOwners?: Address[];
  /** It runs jobs of these groups; of `public` when absent. */
  groups?: GroupKey[];
  /** It runs no slice that pays less, in units. */
  minimumPrice?: bigint;
  /** It also runs jobs whose input comes from these origins. */
  allowOrigins?: string[];
}

export interface GroupKey {
  key: string;
  /**
   * Address of the key pair that is derived from the group's secret; absent for a group without one, such as `public`.
   * It has no effect until it is proved over the connection (`group.prove`).
   */
  address?: Address;
}

/** A signature over the welcome's challenge, by the key that is derived from the group's secret (`wallet/group-proof.ts`). */
export interface WireGroupProof {
  key: string;
  address: Address;
  signature: string;
}

/** Numbers that are never listed: `start, start + step, …`, in `count` slices of `group` numbers each. */
export interface RangeInput {
  kind: 'range';
  start: number;
  step: number;
  /** Slices. */
  count: number;
  /** Numbers in one slice's datum, which is then an array; where absent, the datum is the number itself. */
  group?: number;
  /** Numbers in total, where the last group is shorter. */
  values?: number;
  /**
   * Numbers omitted before the first. A part of a range counts its steps from the start of the whole range, since
   * fractions would round differently from another start. @default 0
   */
  offset?: number;
}

/** Envelopes in a segment; `count` must equal the count in the segment's header. */
export interface SegmentInput {
  kind: 'segment';
  count: number;
  segment: Uint8Array;
}

export type Input = RangeInput | SegmentInput;

/** Input or outcomes of consecutive slices as they are sent. `first` counts from 1. */
export interface SegmentPart {
  first: number;
  count: number;
  segment: Uint8Array;
}
export interface InputPart {
  first: number;
  input: Input;
}

/** A payment offer as signed with EIP-712; `wallet/offer.ts` signs and verifies it. */
export interface WireOffer {
  /** Who pays: the signer. */
  account: Address;
  /** The owner of the job that is paid: the identity that deploys it. */
  owner: Address;
  packageDigest: Digest;
  /** Highest price of one slice, units. */
  pricePerSlice: bigint;
  /** Highest cost of the whole job, units. */
  ceiling: bigint;
  /** Wall time after which it is not accepted, milliseconds. */
  acceptBeforeMs: number;
  /** 64 hexadecimal digits, used once. */
  nonce: string;
  /** `0x` and 130 hexadecimal digits. */
  signature: string;
}

export type RunStatus = 'running' | 'paused' | 'finished' | 'cancelled';

/** The state of a job at one position of its journal. */
export interface JobStatus {
  jobId: JobId;
  runStatus: RunStatus;
  /** Whether `job.append` is still accepted. */
  open: boolean;
  /** Slices. */
  total: number;
  /** Slices that are leased now. */
  leased: number;
  /** Slices with a result. */
  accepted: number;
  /** Slices that failed for good. */
  failed: number;
  /** Workers that hold leases of it. */
  workers: number;
  /** Last row of its journal. */
  cursor: Cursor;
  /** Units paid so far. */
  paid: bigint;
  /** Why it is cancelled or paused. */
  reason?: string;
}

/** One row of a job's journal. `status` is the state after it. */
export interface JournalRow {
  seq: Cursor;
  /** Of the run of the scheduler that wrote it: distinguishes it from another row with that number. @default 0 */
  epoch?: number;
  atMs: number;
  status: JobStatus;
  event: JournalEvent;
}

export type JournalEvent =
  | { kind: 'accepted' }
  | { kind: 'appended'; first: number; count: number }
  /** Final outcomes, each slice exactly once over the whole journal: `value`, `blob` or `error` envelopes. */
  | { kind: 'outcomes'; parts: SegmentPart[] }
  | { kind: 'closed' }
  | { kind: 'completed' }
  | { kind: 'cancelled'; reason: string }
  | { kind: 'paused'; reason: string }
  | { kind: 'resumed' };

/** A job in a list. */
export interface JobListing {
  status: JobStatus;
  owner: Address;
  /** Its public name; empty where it has none, or where its package is too large to be decoded for a list. */
  name: string;
  /** Wall time of its deployment, milliseconds. */
  createdMs: number;
  /** Units a slice. */
  price: bigint;
}

/** Requests of a deployer or operator: the fields of the request, the body of its reply. */
export interface DeployerRequests {
  /** Proves `address` by a signature over the welcome's challenge; the first request on every connection. */
  'session.prove': [{ address: Address; signature: string }, { address: Address }];
  /** Proves the secrets of compute groups for the duration of the connection. */
  'group.prove': [{ proofs: WireGroupProof[] }, Record<string, never>];
  /** A ticket for `PUT /blobs/<digest>` with `Authorization: Bearer <ticket>`; absent where the blob `exists` already. */
  'blob.ticket': [{ digest: Digest; bytes: number }, { exists: boolean; ticket?: string }];
  /**
   * Idempotent for the same jobId and package. `groups`: those of the package's groups that have a secret, each proved
   * before over this connection; the others are open to every worker that names their key.
   */
  'job.deploy': [
    { jobId: JobId; package: Uint8Array; groups?: GroupKey[]; offer?: WireOffer },
    { status: JobStatus },
  ];
  /** Adds slices at the end. The same appendId again adds nothing and has the same reply. */
  'job.append': [{ jobId: JobId; appendId: string; input: Input }, { first: number; count: number }];
  /** No more slices will come. */
  'job.close': [{ jobId: JobId }, { status: JobStatus }];
  'job.cancel': [{ jobId: JobId; reason: string }, { status: JobStatus }];
  'job.status': [{ jobId: JobId }, { status: JobStatus }];
  /** The client's own jobs (for an operator all jobs), newest first; `after`: those older than that one. */
  'job.list': [{ after?: JobId; limit: number }, { jobs: JobListing[]; more: boolean }];
  /** What a job of the client's pays, and from which account; for a top-up by another process. */
  'job.terms': [
    { jobId: JobId },
    { packageDigest: Digest; account?: Address; pricePerSlice: bigint; ceiling: bigint },
  ];
  /** A further signed offer for the same package, whose ceiling replaces the one before. */
  'job.topup': [{ jobId: JobId; offer: WireOffer }, { status: JobStatus }];
  /** The outcomes of slices `from` to `to`, in order, in a bounded reply; `next` is the slice to continue with. */
  'job.results': [{ jobId: JobId; from: number; to: number }, { parts: SegmentPart[]; next?: number }];
  /** Starts `job.journal` messages, from the row after `after`. A connection follows a job at most once. */
  'job.follow': [
    /** `epoch`: of the row `after`, where it is known. */
    { jobId: JobId; after: Cursor; epoch?: number; windowBytes: number },
    { status: JobStatus; owner: Address },
  ];
  'job.unfollow': [{ jobId: JobId }, Record<string, never>];
  'account.show': [
    { address: Address },
    { address: Address; balance: bigint; escrow: bigint; earned: bigint },
  ];
  /** For operators only. The same mintId again changes nothing. */
  'account.mint': [{ address: Address; amount: bigint; mintId: string }, { balance: bigint }];
  ping: [Record<string, never>, { nowMs: number }];
}

/** Requests of a worker. */
export interface WorkerRequests {
  /** The package of a job of which it has a lease, and the signed offer, for the worker to verify. */
  'job.package': [{ jobId: JobId }, { package: Uint8Array; owner: Address; offer?: WireOffer }];
  'blob.ticket': DeployerRequests['blob.ticket'];
  /** For a job that it may run. */
  'job.status': DeployerRequests['job.status'];
  /** For its own `paymentAddress` only. */
  'account.show': DeployerRequests['account.show'];
  'group.prove': DeployerRequests['group.prove'];
  /**
   * Outcomes of the next `count` slices of a lease, starting at `first`; always the first of those not yet reported.
   * `failure`: how the slice after them failed together with its sandbox; the lease continues with the one behind it.
   * The reply is sent after the commit; a lease that does not exist any more is refused with `LEASE_LOST`.
   */
  'lease.report': [
    {
      leaseId: LeaseId;
      first: number;
      count: number;
      /** Milliseconds in the work function, of all these slices together. */
      computeMs: number;
      /** Absent where `count` is 0. */
      segment?: Uint8Array;
      failure?: { code: string; message: string };
    },
    { next: number; paid: bigint },
  ];
  /** Releases the slices from `from` on, none of which has started; nothing is charged for them. */
  'lease.release': [{ leaseId: LeaseId; from: number; reason: string }, Record<string, never>];
  /** Sandboxes still run these leases; `expired`: those that are not this worker's any more. */
  'lease.renew': [{ leaseIds: LeaseId[] }, { expired: LeaseId[] }];
  ping: DeployerRequests['ping'];
}

/** Slices `first` to `first + count - 1`, for one sandbox to run in order. */
export interface Lease {
  leaseId: LeaseId;
  jobId: JobId;
  packageDigest: Digest;
  first: number;
  count: number;
  /** Of exactly those slices, in order. */
  inputs: InputPart[];
  /** Milliseconds without a report or renewal after which it expires. */
  leaseMs: number;
  /** Milliseconds that one slice of this job takes, as measured so far; absent where nothing was measured. */
  estimatedSliceMs?: number;
}

/** What the worker can start at once, or soon, when a lease request is granted. */
export interface WarmState {
  /** The job that the requesting sandbox has loaded. */
  loadedJob?: JobId;
  /** Jobs for which the worker keeps a loaded sandbox that is idle. */
  warmJobs?: JobId[];
  /** Worktimes for which the worker keeps a started runtime without a job. */
  warmWorktimes?: WorktimeName[];
}

/** Notices of a worker: messages without a reply. */
export interface WorkerNotices {
  /** Replaces the description in the worker's `hello`; `workerId` must be the same. */
  'worker.update': { worker: WorkerDescription };
  /**
   * Requests one lease. `request`: a number of the worker's choice; the same number again replaces the request. `idle`:
   * whether the sandbox has no work now.
   */
  'lease.request': WarmState & { request: number; idle: boolean };
  /** Withdraws the request of that number. */
  'lease.withdraw': { request: number };
  'slice.console': {
    leaseId: LeaseId;
    sliceNumber: number;
    level: ConsoleLevel;
    message: string;
    same?: number;
  };
  'slice.progress': { leaseId: LeaseId; sliceNumber: number; progress?: number };
}
/** Notices of a deployer. */
export interface DeployerNotices {
  /** The follower has processed so many further bytes of the journal's segments. */
  'follow.credit': { jobId: JobId; bytes: number };
}
/** Notices of the scheduler. */
export interface SchedulerNotices {
  'job.journal': { jobId: JobId; rows: JournalRow[] };
  'job.console': {
    jobId: JobId;
    sliceNumber: number;
    attempt: number; // of the slice, from 1; earlier ones threw, were lost, or were revoked without progress
    level: ConsoleLevel;
    message: string;
    same?: number;
  };
  'job.progress': { jobId: JobId; sliceNumber: number; progress?: number };
  'lease.grant': { request: number; lease: Lease };
  /**
   * Asks for half of the slices that have not started (`lease.release`). `isRequesterWarm`: the sandbox that they are for
   * has loaded the job, so that a sandbox which has not loaded it may release its last slice too.
   */
  'lease.recall': { leaseId: LeaseId; isRequesterWarm?: boolean };
  /** The worker must stop at once; further reports of this lease are refused. */
  'lease.revoke': { leaseId: LeaseId; reason: string };
  /** The reason for which the scheduler closes the connection after this message. */
  goodbye: { error: WireError };
}

export type ConsoleLevel = 'debug' | 'info' | 'log' | 'warn' | 'error';

/** `Record<string, never>`, the type of a body without fields, intersected with another type would be `never`. */
type Joined<Q> = Q extends Record<string, never> ? unknown : Q;
type Requests<M> = {
  [K in keyof M]: M[K] extends [infer Q, unknown] ? { type: K; id: number } & Joined<Q> : never;
}[keyof M];
type Notices<M> = { [K in keyof M]: { type: K } & M[K] }[keyof M];

export type AllRequests = DeployerRequests & WorkerRequests & OperatorRequests;
export type RequestType = keyof DeployerRequests | keyof WorkerRequests | keyof OperatorRequests;
export type RequestBody<K extends RequestType> = AllRequests[K][0];
export type ReplyBody<K extends RequestType> = AllRequests[K][1];

export interface Reply {
  type: 'reply';
  replyTo: number;
  body: unknown;
}
export interface Refusal {
  type: 'refusal';
  replyTo: number;
  error: WireError;
}

export type DeployerToScheduler = Hello | Requests<DeployerRequests> | Notices<DeployerNotices>;
export type WorkerToScheduler = Hello | Requests<WorkerRequests> | Notices<WorkerNotices>;
export type ClientMessage = DeployerToScheduler | WorkerToScheduler | Requests<OperatorRequests>;
export type SchedulerMessage = Welcome | Reply | Refusal | Notices<SchedulerNotices>;
