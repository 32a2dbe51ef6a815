/**
 * The store port: every decision of the scheduler is a command, and all commands of one tick are one transaction.
 * An expected refusal is an outcome, so one bad command never spoils its batch.
 * @module
 */
import type { ManyhandsError } from '../../../lib/errors.js';
import type {
  GroupKey,
  Input,
  JobStatus,
  JournalRow,
  Lease,
  SegmentPart,
  SignedOffer,
  Warmth,
  WorkerDescription,
} from '../../../protocol/messages/messages.js';
import type { Ban, BanKind } from '../../../protocol/messages/operator-messages.js';
import type { Candidate } from '../../policy/choose-job.js';
import type { Roster } from '../../policy/roster.js';

/** What is asked of the store, and what it answers. Wall times in milliseconds come from the caller's clock. */
export interface Commands {
  deploy: [DeployCommand, JobStatus];
  append: [
    { jobId: string; owner: string; appendId: string; input: Input; origins?: readonly string[] },
    { first: number; count: number },
  ];
  close: [{ jobId: string; owner: string }, JobStatus];
  cancel: [{ jobId: string; owner: string; reason: string }, JobStatus];
  topup: [{ jobId: string; owner: string; offer: SignedOffer }, JobStatus];
  /** Lends slices of some job to one sandbox; null where there is nothing for it, `later` where it waits for others. */
  lease: [{ leaseId: string; worker: WorkerDescription; warmth?: Warmth }, Granted | 'later' | null];
  /** Takes outcomes. The same report of the same worker has the same answer again, for `ANSWER_MS_MAX`. */
  report: [ReportCommand, { jobId: string; next: number; left: number; paid: bigint }];
  /** Gives the tail from `from` on back, uncharged; `isRecalled`: not by its worker's will. */
  giveBack: [
    { leaseId: string; workerId: string; from: number; isRecalled?: boolean },
    { next: number; left: number },
  ];
  /** Takes a lease without progress back whose worker gives nothing of it to those who wait. */
  takeBack: [{ leaseId: string; workerId: string }, null];
  /** Renews leases; answers with those that are not this worker's (any more). */
  renew: [RenewCommand, { lost: string[] }];
  /** A worker is back: its leases get their full time again. */
  adopt: [{ workerId: string }, { leases: LentLease[] }];
  /** Shortens the leases of a worker that has gone, so that it may come back, but not for long. */
  orphan: [{ workerId: string }, null];
  /** Takes back every lease past its deadline, and forgets answers to reports that are old. */
  expire: [Record<never, never>, { expired: number }];
  /** After a restart: no lease ends before its worker had time to come back. */
  revive: [Record<never, never>, null];
  /** After commits that failed: shows by a write of its own that the store takes some, and gives leases time to be renewed. */
  recover: [{ putOffDeadlines: boolean }, null];
  /** Of the operator: of anybody's job. */
  operatorCancel: [{ jobId: string; reason: string }, JobStatus];
  pauseJob: [{ jobId: string; reason: string }, JobStatus];
  /** `wasPaused`: whether the operator, or a ban, held it. */
  resumeJob: [{ jobId: string }, { wasPaused: boolean }];
  ban: [{ subject: string; kind: BanKind; reason: string }, Ban];
  unban: [{ subject: string }, { removed: boolean }];
  mint: [{ account: string; amount: bigint; mintId: string }, { balance: bigint }];
}

export interface DeployCommand {
  jobId: string;
  owner: string;
  package: Uint8Array;
  digest: string;
  worktime: { name: string; range: string };
  groups: GroupKey[];
  /** @default none */
  origins?: string[];
  offer?: SignedOffer;
  /** Units; a job that offers less is refused. */
  minimumPrice: bigint;
}

/** A lease, and what says who may have its slices. */
export interface Granted {
  lease: Lease;
  job: Candidate;
  /** Which attempt at its slices this is, from 1. */
  attempt: number;
}

/** A lease as the store knows it. */
export interface LentLease {
  leaseId: string;
  next: number;
  last: number;
  job: Candidate;
  attempt: number;
  sliceMs?: number;
}

export interface RenewCommand {
  leaseIds: string[];
  workerId: string;
  /** Leases of its own that the worker does not know of, since their grants were lost: they go back uncharged. */
  unknown?: string[];
}

export interface ReportCommand {
  leaseId: string;
  workerId: string;
  first: number;
  count: number;
  computeMs: number;
  segment?: Uint8Array;
  lost?: { code: string; message: string };
}

export type CommandName = keyof Commands;
export type Command = { [K in CommandName]: { name: K } & Commands[K][0] }[CommandName];
export type Answer<K extends CommandName> = Commands[K][1];

export type Outcome = { ok: true; value: Commands[CommandName][1] } | { ok: false; error: ManyhandsError };

/** What a commit means for those who listen. */
export interface Notes {
  /** Jobs with new journal rows. */
  journal: Set<string>;
  /** Jobs that may have slices to lease which they had not before. */
  work: Map<string, Candidate>;
  /** Leases that are gone, for their workers to hear. */
  revoked: { leaseId: string; reason: string }[];
  jobs: JobNote[];
}

/** What became of a job, for the operator's log. */
export interface JobNote {
  event: 'deployed' | 'finished' | 'cancelled' | 'paused' | 'resumed';
  jobId: string;
  owner: string;
  /** Why, where it is cancelled or paused. */
  reason?: string;
  /** Slices in all, with a result, and failed for good. */
  total: number;
  accepted: number;
  failed: number;
  /** Units. */
  price: bigint;
  paid: bigint;
}

export interface Committed {
  outcomes: Outcome[];
  notes: Notes;
  /** Time that the commands themselves took, milliseconds, without the wait for the disk that ends a commit. */
  workMs: number;
}

export interface AccountView {
  balance: bigint;
  /** Units that stand in escrow for this account's jobs. */
  escrow: bigint;
  /** Units that this account was ever paid for slices. */
  earned: bigint;
}

export interface JobView {
  status: JobStatus;
  owner: string;
  digest: string;
  /** What says who may have its slices. */
  candidate: Candidate;
  package: Uint8Array;
  offer?: SignedOffer;
  /** Units, what it may cost in all, with every top-up; and who pays. */
  ceiling: bigint;
  account?: string;
}

/** A job among others. */
export interface ListedJob {
  status: JobStatus;
  owner: string;
  createdMs: number;
  /** Units a slice. */
  price: bigint;
  /** Absent where it is large. */
  package?: Uint8Array;
}

/** A part of a journal; `atEnd`: there was nothing behind it when it was read. */
export interface JournalPage {
  rows: JournalRow[];
  atEnd: boolean;
}

/** The truth. Implementations pass one contract suite. */
export interface Store {
  /** 64 hexadecimal digits, made once for each store. */
  readonly schedulerId: string;
  /**
   * One transaction, on disk when it resolves. Outcomes are in the order of the commands. Where the database takes
   * nothing at the moment it rejects with `STORE_BUSY`, `STORE_FULL` or `STORE_FAILED`, or has that as the outcome of those
   * that it could not take; of these nothing is there, and none that touches the same passes another. `roster`: who could
   * run what failed. @default nobody but the worker that a command names
   */
  commit(commands: readonly Command[], roster?: Roster): Promise<Committed>;
  job(jobId: string): Promise<JobView | undefined>;
  status(jobId: string): Promise<{ status: JobStatus; owner: string } | undefined>;
  /** Jobs of that owner, or of all; the newest first, `limit` at most, older than `after` where it is given. */
  jobs(owner: string | undefined, after: string | undefined, limit: number): Promise<ListedJob[]>;
  /** Rows after `after`, in order, until `bytes` of segments are passed; at least one where there is one. */
  journal(jobId: string, after: number, bytes: number): Promise<JournalPage>;
  /**
   * The mark of that journal row: of the run of the store that wrote it. A store that is opened on an older copy writes
   * other rows under the same numbers, with another mark. Undefined where there is no such row.
   */
  rowEpoch(jobId: string, seq: number): Promise<number | undefined>;
  /** Outcomes there are from slice `from` to `to`, in order, a bounded answer; `next`: where to go on. */
  results(
    jobId: string,
    from: number,
    to: number,
    bytes: number,
  ): Promise<{ parts: SegmentPart[]; next?: number }>;
  account(account: string): Promise<AccountView>;
  /** Who is kept out, the oldest first. */
  bans(): Promise<Ban[]>;
  /** When `expire` has something to do, wall milliseconds: a lease's deadline or an old answer. */
  nextDeadline(): Promise<number | undefined>;
  /** Rejects as `commit` would now, as far as that can be told without writing. */
  probe(): Promise<void>;
  /** What is wrong with the store, in sentences; empty when every invariant holds. */
  check(): Promise<string[]>;
  close(): Promise<void>;
}
