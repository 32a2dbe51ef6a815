/**
 * The events that a worker emits, each with one object, and its status in numbers.
 * @module
 */
import type { OptionNames } from '../../lib/options.js';
import type { Address, ConsoleLevel, JobId } from '../../protocol/messages/messages.js';

/** Public description of a job, set by its deployer. */
export interface JobPublic {
  name: string;
  description: string;
  link: string;
}

/** A payment account at the scheduler. */
export interface PaymentAccount {
  address: Address;
  /** Units available (1 credit = 10^9 units). */
  balance: bigint;
  /** Units reserved for jobs of its own. */
  escrow: bigint;
  /** Units earned by computing since the account exists. */
  earned: bigint;
}

/** Description of a job, and its progress on all workers. */
export interface JobInfo {
  jobId: JobId;
  owner: Address;
  public: JobPublic;
  /** The worktime that runs it: name and semver range. */
  worktime: { name: string; range: string };
  /** Origins that its input is fetched from, besides the scheduler. */
  origins: string[];
  /** Number of slices so far; more may be appended while it is `open`. */
  total: number;
  /** Number of slices with a result. */
  accepted: number;
  /** Number of slices that failed finally. */
  failed: number;
  /** Number of workers that hold leases of it. */
  workers: number;
  open: boolean;
  /** Bytes that this worker transferred for it since its start: package, files, inputs, outcomes. */
  bytes: number;
}

/** `opening`: being set up; `ready`: running slices; `idle`: kept for further slices of its job; `ended`: gone. */
export type SandboxPhase = 'opening' | 'ready' | 'idle' | 'ended';

export interface WorkerEvents {
  /** Connected for the first time. */
  start: Record<string, never>;
  /** Everything is released or reported, and the worker is closed. */
  stop: Record<string, never>;
  connect: { url: string };
  /** The connection was lost; the worker reconnects automatically. */
  disconnect: { error?: Error };
  /** A lease was granted: slices `first` to `first + count - 1`. */
  fetch: { jobId: JobId; first: number; count: number };
  /** The first sandbox of a job is ready. */
  job: { jobId: JobId } & JobPublic;
  /** `sandbox`: index of the sandbox on this worker, from 0. */
  sandbox: { sandbox: number; jobId: JobId; public?: JobPublic; state: SandboxPhase };
  /** A slice started. Emitted only for slices that take some time. */
  slice: { sandbox: number; jobId: JobId; sliceNumber: number };
  /** `progress`: from 0 to 1, if the slice reported a value. */
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
   * The scheduler has acknowledged the outcomes of these slices. `computeMs`: milliseconds in the work function; `failed`:
   * number of outcomes that are errors.
   */
  result: { jobId: JobId; first: number; count: number; failed: number; computeMs: number };
  /** Slices `first` to `first + count - 1` were released to the scheduler, uncharged. */
  return: { jobId: JobId; first: number; count: number; reason: string };
  /** `amount`: units (1 credit = 10^9 units). */
  payment: { jobId: JobId; amount: bigint };
  /** A pause reason was added or removed; the worker is paused while there is one. */
  pause: { reason: string };
  unpause: { reason: string };
  /** Bytes sent and received since midnight UTC; emitted at most once a second. */
  bytes: { bytesToday: number };
  /**
   * A worktime does not start on this machine any more, so that its jobs go to other workers (`reason` says why), or
   * starts again.
   */
  worktime: { name: string; version: string; isOffered: boolean; reason?: string };
  /** A failure that the worker handles itself. */
  warning: { error: Error };
  /** A failure that ends the worker. */
  error: { error: Error };
}

/** The names of all events. */
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

/** Counters of a worker since its start. */
export interface WorkerStatus {
  /** Slices whose outcomes the scheduler has acknowledged. */
  slices: number;
  /** How many of `slices` have an error as outcome. */
  failed: number;
  /** Milliseconds in work functions, sum of all sandboxes. */
  computeMs: number;
  /** Units earned (1 credit = 10^9 units). */
  earned: bigint;
  /** Bytes sent and received since midnight UTC. */
  bytesToday: number;
  sandboxes: SandboxStatus[];
}

export interface SandboxStatus {
  /** Index, from 0. */
  sandbox: number;
  state: 'none' | SandboxPhase;
  jobId?: JobId;
  /** The owner of the job. */
  owner?: Address;
  public?: JobPublic;
  /** The running slice, if known. */
  sliceNumber?: number;
  /** From 0 to 1, if the running slice reported a value. */
  progress?: number;
}
