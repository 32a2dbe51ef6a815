/**
 * The wire between deployers, workers and the scheduler: types only. Each message is a MessagePack map with a
 * `type`; a request has an `id` and gets one `reply` or `refusal`; the other messages get no answer. Bytes are
 * MessagePack binary; credits are units (1 credit = 10^9 units) as bigint. `codec.ts` checks what comes in.
 * @module
 */
import type { WireError } from '../../lib/errors.js';
import type { OperatorRequests } from './operator-messages.js';

/** `0x` and 40 lower-case hexadecimal digits. */
export type Address = string;
/** 64 lower-case hexadecimal digits of a SHA-256. */
export type Digest = string;
export type JobId = string;
export type LeaseId = string;
/** A place in a job's journal: the number of its last row that was seen; 0 is before the first. */
export type Cursor = number;

export type Role = 'deployer' | 'worker' | 'operator';

// ---- Handshake -------------------------------------------------------------------------------------------

/** The first message of a client. */
export interface Hello {
  type: 'hello';
  protocol: number;
  software: string;
  role: Role;
  /** A worker says who it is and what it has; see `WorkerDescription`. */
  worker?: WorkerDescription;
  /** An operator proves itself with the token in the scheduler's data folder. */
  operatorToken?: string;
}

/** The first message of the scheduler. */
export interface Welcome {
  type: 'welcome';
  protocol: number;
  software: string;
  /** 64 hexadecimal digits; the EIP-712 domain's salt of everything signed for this scheduler. */
  schedulerId: string;
  /** Wall time of the scheduler, milliseconds. */
  nowMs: number;
  /** What a deployer signs to prove its address: 64 hexadecimal digits, fresh for each connection. */
  challenge: string;
  worktimes: WorktimeName[];
  /** The least price of a slice that is taken here, in units. */
  minimumPrice: bigint;
}

export interface WorktimeName {
  name: string;
  /** Exact semver. */
  version: string;
}

export interface WorkerDescription {
  /** An id that the worker keeps across reconnects (`ID_PATTERN`). */
  workerId: string;
  worktimes: WorktimeName[];
  isolation: 'browser' | 'deno' | 'chromium' | 'thread';
  /** Sandboxes that it runs at most. */
  sandboxes: number;
  /** Who is paid; nobody when absent. */
  paymentAddress?: Address;
  /** Takes jobs of these owners only; anybody's when absent. */
  owners?: Address[];
  /** Takes these jobs only. */
  jobs?: JobId[];
  /** Takes none of these jobs. */
  blockedJobs?: JobId[];
  /** Takes no job of these owners. */
  blockedOwners?: Address[];
  /** The groups whose jobs it takes; `public` when absent. */
  groups?: GroupKey[];
  /** Takes no slice that pays less, in units. */
  minimumPrice?: bigint;
  /** Takes jobs whose input comes from these origins too. */
  allowOrigins?: string[];
}

export interface GroupKey {
  key: string;
  /**
   * Of the key pair that the group's secret makes; absent for a group without a secret, such as `public`. Who names it
   * must prove it over its connection (`group.prove`): until then it stands for nothing.
   */
  address?: Address;
}

/** A signature over the welcome's challenge, by the key that the group's secret makes (`wallet/group-proof.ts`). */
export interface GroupProof {
  key: string;
  address: Address;
  signature: string;
}

// ---- Input sets and segments -----------------------------------------------------------------------------

/** A run of numbers that is never expanded: `start, start + step, …`, `count` slices of `group` numbers each. */
export interface RangeInput {
  kind: 'range';
  start: number;
  step: number;
  /** Slices. */
  count: number;
  /** Numbers in one slice's datum, which is then an array; absent: the datum is the number itself. */
  group?: number;
  /** Numbers in all, where the last group is shorter. */
  values?: number;
  /**
   * Numbers left out before the first: a part of a range counts its steps from the whole one's start, since fractions
   * would round differently from another start. Absent: none.
   */
  offset?: number;
}

/** Envelopes in a segment; `count` is also in the segment's header and must agree. */
export interface SegmentInput {
  kind: 'segment';
  count: number;
  segment: Uint8Array;
}

export type Input = RangeInput | SegmentInput;

/** Some consecutive slices' input or outcomes as they travel. `first` counts from 1. */
export interface SegmentPart {
  first: number;
  count: number;
  segment: Uint8Array;
}
export interface InputPart {
  first: number;
  input: Input;
}

// ---- Payment ---------------------------------------------------------------------------------------------

/** A payment offer as signed with EIP-712; `wallet/offer.ts` makes and checks it. */
export interface SignedOffer {
  /** Who pays: the signer. */
  account: Address;
  /** Whose job is paid: the identity that deploys it. */
  owner: Address;
  packageDigest: Digest;
  /** Highest price of one slice, units. */
  pricePerSlice: bigint;
  /** Most that the whole job may cost, units. */
  ceiling: bigint;
  /** Wall time after which it is not accepted any more, milliseconds. */
  acceptBeforeMs: number;
  /** 64 hexadecimal digits, used once. */
  nonce: string;
  /** `0x` and 130 hexadecimal digits. */
  signature: string;
}

// ---- Jobs ------------------------------------------------------------------------------------------------

export type RunStatus = 'running' | 'paused' | 'finished' | 'cancelled';

/** A job in numbers, at one place of its journal. */
export interface JobStatus {
  jobId: JobId;
  runStatus: RunStatus;
  /** Whether `job.append` is still taken. */
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

/** One row of a job's journal. `status` is the job after it. */
export interface JournalRow {
  seq: Cursor;
  /** Of the run of the scheduler that wrote it: tells it from another row of that number. @default 0 */
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

/** A job among others. */
export interface JobListing {
  status: JobStatus;
  owner: Address;
  /** Its public name; empty where it has none, or its package is too large to look. */
  name: string;
  /** Wall time of its deployment, milliseconds. */
  createdMs: number;
  /** Units a slice. */
  price: bigint;
}

/** Requests of a deployer (or operator): what is asked, what is replied. */
export interface DeployerRequests {
  /** Proves `address` by its signature over the welcome's challenge; first of all on every connection. */
  'session.prove': [{ address: Address; signature: string }, { address: Address }];
  /** Proves the secrets of compute groups, for as long as the connection lasts. */
  'group.prove': [{ proofs: GroupProof[] }, Record<string, never>];
  /** Asks for leave to `PUT /blobs/<digest>` with `Authorization: Bearer <ticket>`; none is needed where it is known. */
  'blob.ticket': [{ digest: Digest; bytes: number }, { known: boolean; ticket?: string }];
  /**
   * Repeating it with the same jobId and package changes nothing. `groups`: those of the package's groups that have a
   * secret, each proved before over this connection; the others are open to everybody who names their key.
   */
  'job.deploy': [
    { jobId: JobId; package: Uint8Array; groups?: GroupKey[]; offer?: SignedOffer },
    { status: JobStatus },
  ];
  /** Adds slices at the end. Repeating an appendId changes nothing and replies the same. */
  'job.append': [{ jobId: JobId; appendId: string; input: Input }, { first: number; count: number }];
  /** No more slices will come. */
  'job.close': [{ jobId: JobId }, { status: JobStatus }];
  'job.cancel': [{ jobId: JobId; reason: string }, { status: JobStatus }];
  'job.status': [{ jobId: JobId }, { status: JobStatus }];
  /** The asker's jobs (an operator's: all), the newest first; `after`: those older than that one. */
  'job.list': [{ after?: JobId; limit: number }, { jobs: JobListing[]; more: boolean }];
  /** What a job of the asker's pays, and out of which account; for a top-up by another process. */
  'job.terms': [
    { jobId: JobId },
    { packageDigest: Digest; account?: Address; pricePerSlice: bigint; ceiling: bigint },
  ];
  /** A further signed offer for the same package: its ceiling replaces the old one. */
  'job.topup': [{ jobId: JobId; offer: SignedOffer }, { status: JobStatus }];
  /** Outcomes there are from slice `from` to `to`, in order, a bounded answer; `next` is where to go on. */
  'job.results': [{ jobId: JobId; from: number; to: number }, { parts: SegmentPart[]; next?: number }];
  /** From now on `job.journal` messages come, from the row after `after`. One follow a job and connection. */
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
  /** Operators only. Repeating a mintId changes nothing. */
  'account.mint': [{ address: Address; amount: bigint; mintId: string }, { balance: bigint }];
  ping: [Record<string, never>, { nowMs: number }];
}

/** Requests of a worker. */
export interface WorkerRequests {
  /** The package of a job that it has a lease of, and the offer behind it, to check. */
  'job.package': [{ jobId: JobId }, { package: Uint8Array; owner: Address; offer?: SignedOffer }];
  'blob.ticket': DeployerRequests['blob.ticket'];
  /** Of a job that it may run. */
  'job.status': DeployerRequests['job.status'];
  /** Of its own `paymentAddress` alone. */
  'account.show': DeployerRequests['account.show'];
  'group.prove': DeployerRequests['group.prove'];
  /**
   * Outcomes of the next `count` slices of a lease, starting at `first`; always a prefix of what is left.
   * Where the slice after them took its sandbox with it, `lost` says how, and the lease goes on behind it.
   * The reply comes after the commit. A lease that is not known any more: `LEASE_LOST`.
   */
  'lease.report': [
    {
      leaseId: LeaseId;
      first: number;
      count: number;
      /** Time in the work function, milliseconds, all these slices together. */
      computeMs: number;
      /** Absent where `count` is 0. */
      segment?: Uint8Array;
      lost?: { code: string; message: string };
    },
    { next: number; paid: bigint },
  ];
  /** Gives back the unstarted tail from slice `from` on, uncharged. */
  'lease.return': [{ leaseId: LeaseId; from: number; reason: string }, Record<string, never>];
  /** Sandboxes still at work on these; replied with those that are lost. */
  'lease.renew': [{ leaseIds: LeaseId[] }, { lost: LeaseId[] }];
  ping: DeployerRequests['ping'];
}

/** Work for one sandbox: slices `first` to `first + count - 1`, to be run in order. */
export interface Lease {
  leaseId: LeaseId;
  jobId: JobId;
  packageDigest: Digest;
  first: number;
  count: number;
  /** Covers exactly those slices, in order. */
  inputs: InputPart[];
  /** Lost when it is not reported or renewed for so long. */
  leaseMs: number;
  /** What one slice of this job takes, as measured so far; absent where nothing is known. */
  sliceMs?: number;
}

/** What starts at once, or soon, for one want. */
export interface Warmth {
  /** The job that the sandbox has. */
  warm?: JobId;
  /** Jobs of which a sandbox is kept beside those at work. */
  warmJobs?: JobId[];
  /** Worktimes of which a started runtime stands ready. */
  warmWorktimes?: WorktimeName[];
}

/** Messages that get no answer, by direction. */
export interface WorkerNotices {
  /** What the worker takes has changed: replaces what its hello said. Its `workerId` stays. */
  'worker.update': { worker: WorkerDescription };
  /** Sandbox wants: asks for one lease, for sandbox `want` (a number of the worker's). */
  'lease.want': Warmth & { want: number; idle: boolean };
  'lease.unwant': { want: number };
  'slice.console': {
    leaseId: LeaseId;
    sliceNumber: number;
    level: ConsoleLevel;
    message: string;
    same?: number;
  };
  'slice.progress': { leaseId: LeaseId; sliceNumber: number; progress?: number };
}
export interface DeployerNotices {
  /** The follower has consumed so many bytes of the journal's segments. */
  'follow.credit': { jobId: JobId; bytes: number };
}
export interface SchedulerNotices {
  'job.journal': { jobId: JobId; rows: JournalRow[] };
  'job.console': {
    jobId: JobId;
    sliceNumber: number;
    attempt: number; // at the slice, from 1
    level: ConsoleLevel;
    message: string;
    same?: number;
  };
  'job.progress': { jobId: JobId; sliceNumber: number; progress?: number };
  'lease.grant': { want: number; lease: Lease };
  /**
   * Asks for the half of the unstarted tail; answered by `lease.return` where there is any. `isWarm`: the sandbox that
   * waits has loaded the job, so that a sandbox which has not may give its last slice up.
   */
  'lease.recall': { leaseId: LeaseId; isWarm?: boolean };
  /** Stop at once; nothing of it is taken any more. */
  'lease.revoke': { leaseId: LeaseId; reason: string };
  /** The scheduler goes down soon, or this client is not welcome; with `error` the connection is closed after it. */
  goodbye: { error: WireError };
}

export type ConsoleLevel = 'debug' | 'info' | 'log' | 'warn' | 'error';

/** A body of no fields says so by `Record<string, never>`, with which nothing could be joined. */
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
