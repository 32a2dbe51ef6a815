/**
 * What a worker tells its owner, each event with one object; and the numbers that a page shows.
 * @module
 */
import type { OptionNames } from '../../lib/options.js';
import type { Address, ConsoleLevel, JobId } from '../../protocol/messages/messages.js';

/** What a job says of itself to those who lend it a machine. */
export interface JobPublic {
  name: string;
  description: string;
  link: string;
}

/** An account of the scheduler's ledger. */
export interface PaymentAccount {
  address: Address;
  /** Units that it may spend (1 credit = 10^9 units). */
  balance: bigint;
  /** Units that are set aside for jobs of its own. */
  escrow: bigint;
  /** Units that it has ever earned by computing. */
  earned: bigint;
}

/** A job as its deployer wrote it, and how far it has come with everybody's help. */
export interface JobInfo {
  jobId: JobId;
  owner: Address;
  public: JobPublic;
  /** What runs it: its name, and a semver range. */
  worktime: { name: string; range: string };
  /** Other sites that its input comes from. */
  origins: string[];
  /** Slices so far; more may come where it is `open`. */
  total: number;
  /** Slices with a result. */
  accepted: number;
  /** Slices that failed for good. */
  failed: number;
  /** Workers that hold leases of it. */
  workers: number;
  open: boolean;
  /** Bytes that this worker moved for it since its start: package, files, inputs, outcomes. */
  bytes: number;
}

/** `opening`: being set up; `ready`: at work; `idle`: kept, in case that more of its job comes; `ended`: gone. */
export type SandboxPhase = 'opening' | 'ready' | 'idle' | 'ended';

export interface WorkerEvents {
  /** Connected for the first time. */
  start: Record<string, never>;
  /** Everything is handed back or reported, and closed. */
  stop: Record<string, never>;
  connect: { url: string };
  /** The connection is lost; it is made again by itself. */
  disconnect: { error?: Error };
  /** Work came: slices `first` to `first + count - 1`. */
  fetch: { jobId: JobId; first: number; count: number };
  /** A job that this worker had not met. */
  job: { jobId: JobId } & JobPublic;
  /** `sandbox` is the sandbox's number on this worker, from 0. */
  sandbox: { sandbox: number; jobId: JobId; public?: JobPublic; state: SandboxPhase };
  /** A slice began; told for slices that take a while, not for each of thousands. */
  slice: { sandbox: number; jobId: JobId; sliceNumber: number };
  /** `progress` from 0 to 1 where the slice said. */
  progress: { sandbox: number; jobId: JobId; sliceNumber: number; progress?: number };
  console: {
    sandbox: number;
    jobId: JobId;
    sliceNumber: number;
    level: ConsoleLevel;
    message: string;
    same?: number;
  };
  /**
   * The scheduler has taken the outcomes of these slices. `computeMs` is their time in the work function; `failed`: how
   * many of them have an error for an outcome.
   */
  result: { jobId: JobId; first: number; count: number; failed: number; computeMs: number };
  /** Slices `first` to `first + count - 1` went back to the scheduler, uncharged. */
  return: { jobId: JobId; first: number; count: number; reason: string };
  /** `amount` in units (1 credit = 10^9 units). */
  payment: { jobId: JobId; amount: bigint };
  /** A reason to rest came, or went; the worker rests while there is one. */
  pause: { reason: string };
  unpause: { reason: string };
  /** Bytes down and up since midnight UTC; told once a second at most. */
  bytes: { bytesToday: number };
  /**
   * A worktime does not start on this machine any more, so that its jobs go to other workers (`reason` says why), or
   * starts again.
   */
  worktime: { name: string; version: string; isOffered: boolean; reason?: string };
  /** Something failed that the worker deals with by itself. */
  warning: { error: Error };
  /** The worker cannot go on. */
  error: { error: Error };
}

/** All events of a worker. */
export const WORKER_EVENTS: OptionNames<WorkerEvents> = {
  start: true,
  stop: true,
  connect: true,
  disconnect: true,
  fetch: true,
  job: true,
  sandbox: true,
  slice: true,
  progress: true,
  console: true,
  result: true,
  return: true,
  payment: true,
  pause: true,
  unpause: true,
  bytes: true,
  worktime: true,
  warning: true,
  error: true,
};

/** A worker in numbers, since its start. */
export interface WorkerStatus {
  /** Slices whose outcomes the scheduler has taken. */
  slices: number;
  /** How many of `slices` have an error for an outcome. */
  failed: number;
  /** Time in work functions, milliseconds, all sandboxes together. */
  computeMs: number;
  /** Units earned. */
  earned: bigint;
  /** Bytes down and up since midnight UTC. */
  bytesToday: number;
  sandboxes: SandboxStatus[];
}

export interface SandboxStatus {
  /** From 0. */
  sandbox: number;
  state: 'none' | SandboxPhase;
  jobId?: JobId;
  /** Whose job it is. */
  owner?: Address;
  public?: JobPublic;
  /** The slice at work, where it is known. */
  sliceNumber?: number;
  /** From 0 to 1, where the slice at work said. */
  progress?: number;
}
