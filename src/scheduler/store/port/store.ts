/**
 * The store port: every decision of the scheduler is a command, and all commands of one group commit are one transaction.
 * An expected refusal is an outcome, so a refused command does not affect its batch.
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
  WireOffer,
  WarmState,
  WorkerDescription,
} from '../../../protocol/messages/messages.js';
import type { Ban, BanKind } from '../../../protocol/messages/operator-messages.js';
import type { Candidate } from '../../policy/choose-job.js';
import type { Roster } from '../../policy/roster.js';

/** Each command of the store with its input and its result. Wall times in milliseconds come from the caller's clock. */
export interface Commands {
  deploy: [DeployCommand, JobStatus];
  append: [
    { jobId: string; owner: string; appendId: string; input: Input; origins?: readonly string[] },
    { first: number; count: number },
  ];
  close: [{ jobId: string; owner: string }, JobStatus];
  cancel: [{ jobId: string; owner: string; reason: string }, JobStatus];
  topup: [{ jobId: string; owner: string; offer: WireOffer }, JobStatus];
  /** Fails the slices `from` to `to` that are not done, with the code `SLICE_CANCELLED`. */
  cancelSlices: [SliceRequest & { reason: string }, SliceRequestResult];
  /** Runs those of the slices `from` to `to` again that failed or were cancelled; a job that is finished runs again. */
  retrySlices: [SliceRequest, SliceRequestResult];
  /** Grants a lease to one sandbox; null without work for it, `deferred` when all pending slices are deferred to others. */
  grantLease: [
    { leaseId: string; worker: WorkerDescription; warmState?: WarmState },
    LeaseGrant | 'deferred' | null,
  ];
  /** Records outcomes. A repeated report of the same worker has the same result for `REPORT_REPLY_KEPT_MS`. */
  report: [ReportCommand, { jobId: string; next: number; left: number; paid: bigint }];
  /** Stores the state of a slice of the lease, for the next attempt at it. */
  checkpoint: [{ leaseId: string; workerId: string; slice: number; state: Uint8Array }, null];
  /** Releases the slices from `from` on, uncharged; `isRecalled`: the scheduler asked for it. */
  releaseLease: [
    { leaseId: string; workerId: string; from: number; isRecalled?: boolean },
    { next: number; left: number },
  ];
  /** Ends a lease without progress whose worker ignored recalls. */
  revokeLease: [{ leaseId: string; workerId: string }, null];
  /** Extends deadlines; `expired` are the leases that this worker does not hold (any more). */
  renewLeases: [RenewCommand, { expired: string[] }];
  /** A worker has reconnected: its leases get their full time again. */
  reattachLeases: [{ workerId: string }, { leases: StoredLease[] }];
  /** A worker has disconnected: its leases end soon unless it reconnects. */
  shortenLeases: [{ workerId: string }, null];
  /** Ends every lease past its deadline, and deletes old replies to reports. */
  expireLeases: [Record<never, never>, { expired: number }];
  /** After a restart: no lease ends before its worker had time to reconnect. */
  extendLeasesAfterRestart: [Record<never, never>, null];
  /** After failed commits: writes a row to prove that the store accepts commits, and can extend deadlines of leases. */
  resumeAfterOutage: [{ extendDeadlines: boolean }, null];
  /** Cancels any owner's job, for the operator. */
  operatorCancel: [{ jobId: string; reason: string }, JobStatus];
  pauseJob: [{ jobId: string; reason: string }, JobStatus];
  /** `wasPaused`: whether the operator or a ban had paused it. */
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
  offer?: WireOffer;
  /** Units; a job that offers less is refused. */
  minimumPrice: bigint;
  /** Attempts after which a slice fails. @default policy decides */
  attempts?: number;
  /** Whether the first failed slice cancels the job. @default false */
  failFast?: boolean;
  /** @default none */
  tags?: string[];
  /** An encoded value. @default none */
  metadata?: Uint8Array;
}

/** A request of a job's owner for a range of its slices. The same `requestId` again changes nothing, and has the same result. */
export interface SliceRequest {
  jobId: string;
  owner: string;
  requestId: string;
  /** First and last slice. */
  from: number;
  to: number;
}

/** `count`: the slices that it changed; `next`: the slice at which a further request goes on, absent at the end. */
export interface SliceRequestResult {
  status: JobStatus;
  count: number;
  next?: number;
}

/** A new lease, with its job's eligibility terms. */
export interface LeaseGrant {
  lease: Lease;
  job: Candidate;
  /** Number of this attempt at its slices, from 1; attempts that were revoked without progress count too. */
  attempt: number;
}

/** A lease in the store. */
export interface StoredLease {
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
  /** Leases of the worker that it does not know, because their grants were lost: they are released uncharged. */
  unknown?: string[];
}

/** Outcomes of the `count` slices from `first` on; `failure`: the attempt at the slice after them was lost. */
export interface ReportCommand {
  leaseId: string;
  workerId: string;
  first: number;
  count: number;
  computeMs: number;
  segment?: Uint8Array;
  failure?: { code: string; message: string };
}

export type CommandName = keyof Commands;
export type Command = { [K in CommandName]: { name: K } & Commands[K][0] }[CommandName];
export type CommandResult<K extends CommandName> = Commands[K][1];

export type Outcome = { ok: true; value: Commands[CommandName][1] } | { ok: false; error: ManyhandsError };

/** The events of a commit, for sessions, followers and the log. */
export interface CommitEvents {
  /** Jobs with new journal rows. */
  journal: Set<string>;
  /** Jobs that may have new slices to lease. */
  work: Map<string, Candidate>;
  /** Leases that have ended, whose workers must be notified. */
  revoked: { leaseId: string; reason: string }[];
  jobs: JobLogEvent[];
}

/** A change of a job's status, for the operator's log. */
export interface JobLogEvent {
  event: 'deployed' | 'finished' | 'cancelled' | 'paused' | 'resumed';
  jobId: string;
  owner: string;
  /** Why it was cancelled or paused. */
  reason?: string;
  /** Slices in all, with a result, and finally failed. */
  total: number;
  accepted: number;
  failed: number;
  /** Units. */
  price: bigint;
  paid: bigint;
}

export interface Committed {
  outcomes: Outcome[];
  events: CommitEvents;
  /** Duration of the commands, milliseconds, without the final write to the disk. */
  workMs: number;
}

export interface AccountView {
  balance: bigint;
  /** Units in escrow for this account's jobs. */
  escrow: bigint;
  /** All units that this account was paid for slices. */
  earned: bigint;
}

export interface JobView {
  status: JobStatus;
  owner: string;
  digest: string;
  /** Its eligibility terms. */
  candidate: Candidate;
  package: Uint8Array;
  offer?: WireOffer;
  /** Units, its highest total cost, with all top-ups; and the account that pays. */
  ceiling: bigint;
  account?: string;
}

/** A job among others. */
export interface JobListEntry {
  status: JobStatus;
  owner: string;
  createdMs: number;
  /** Units a slice. */
  price: bigint;
  /** Absent when it is large. */
  package?: Uint8Array;
  tags: string[];
  /** An encoded value. */
  metadata?: Uint8Array;
}

/** Which jobs a list has: at most `limit`, newest first. */
export interface JobQuery {
  /** @default all owners */
  owner?: string | undefined;
  /** Only jobs with that tag. */
  tag?: string | undefined;
  /** Only jobs older than that one. */
  after?: string | undefined;
  limit: number;
}

/** A part of a journal; `atEnd`: no row followed when it was read. */
export interface JournalPage {
  rows: JournalRow[];
  atEnd: boolean;
}

/** The authoritative state of the scheduler. Implementations pass one contract suite. */
export interface Store {
  /** 64 hexadecimal digits, generated once for each store. */
  readonly schedulerId: string;
  /**
   * Executes the commands in one transaction, which is on disk when it resolves. Outcomes are in the order of the commands.
   * When the database accepts no commits, it rejects with `STORE_BUSY`, `STORE_FULL` or `STORE_FAILED`, or only the
   * affected commands have that outcome; these are rolled back, and commands with a common order key keep their order.
   * @param roster the connected workers, for decisions about failed slices. @default only the worker of a command
   */
  commit(commands: readonly Command[], roster?: Roster): Promise<Committed>;
  job(jobId: string): Promise<JobView | undefined>;
  status(jobId: string): Promise<{ status: JobStatus; owner: string } | undefined>;
  jobs(query: JobQuery): Promise<JobListEntry[]>;
  /** Rows after row `after`, in order, until they exceed `bytes` of segments; at least one if there is one. */
  journal(jobId: string, after: number, bytes: number): Promise<JournalPage>;
  /**
   * The epoch of that journal row: it identifies the run of the store that wrote it. A store that is restored from an older
   * copy writes other rows with the same numbers, in another epoch. Undefined when there is no such row.
   */
  rowEpoch(jobId: string, seq: number): Promise<number | undefined>;
  /** Stored outcomes of slices `from` to `to`, in order, about `bytes` at most; `next`: the slice to continue at. */
  results(
    jobId: string,
    from: number,
    to: number,
    bytes: number,
  ): Promise<{ parts: SegmentPart[]; next?: number }>;
  account(account: string): Promise<AccountView>;
  /** All bans, oldest first. */
  bans(): Promise<Ban[]>;
  /** When `expireLeases` is due next, wall milliseconds: the earliest deadline of a lease or of a stored reply. */
  nextDeadline(): Promise<number | undefined>;
  /** Rejects as `commit` would now, as far as that is known without writing. */
  probe(): Promise<void>;
  /** Violated invariants of the store, as sentences; empty when all hold. */
  check(): Promise<string[]>;
  close(): Promise<void>;
}
