/**
 * What can happen to a worker, and what it then wants done. The supervisor turns the world into events and
 * effects into calls; nothing else passes between it and the core.
 * @module
 */
import type { ErrorCode } from '../../lib/errors.js';
import type { JobId, LeaseId } from '../../protocol/messages/messages.js';

/** What a job allows one slice, milliseconds. */
export interface SliceLimits {
  sliceTimeoutMs: number;
  noProgressMs: number;
}

/** A lease without its inputs. */
export interface GrantedLease {
  leaseId: LeaseId;
  jobId: JobId;
  packageDigest: string;
  first: number;
  count: number;
  leaseMs: number;
  sliceMs?: number;
  /** Slices whose input has to be fetched, ascending. */
  heavy: readonly number[];
}

/** How a slice, or a whole set-up, was lost. */
export type LossCode = Extract<
  ErrorCode,
  | 'SANDBOX_CRASHED'
  | 'SLICE_TIMEOUT'
  | 'NO_PROGRESS'
  | 'ASSIGN_FAILED'
  | 'FETCH_FAILED'
  | 'ORIGIN_NOT_ALLOWED'
>;

/** Whose trouble it was that a sandbox could not be set up: the job's is charged, the others' leases go back. */
export type SetupFault = 'job' | 'worker';

export type CoreEvent =
  /** The scheduler can be reached (again); what was asked before is forgotten there. */
  | { type: 'online' }
  | { type: 'offline' }
  | { type: 'grant'; want: number; lease: GrantedLease }
  /** What the owner of the machine allows from now on. */
  | { type: 'allow'; cores: number; share: number; paused: boolean }
  /** A lease came that the owner of the machine does not want. */
  | { type: 'decline'; want: number; leaseId: LeaseId; first: number; reason: string }
  /** Nothing of that job may run here any more. */
  | { type: 'refuse'; jobId: JobId; reason: string }
  /** Other sandboxes are kept, or other runtimes stand ready, than when the open wants were said. */
  | { type: 'warmth' }
  /** Another sandbox is idle; `isWarm`: it has loaded the lease's job. */
  | { type: 'recall'; leaseId: LeaseId; isWarm: boolean }
  /** The lease is ours no more, whoever said so. */
  | { type: 'lost'; leaseId: LeaseId }
  /** `fresh`: each slice of the job wants a sandbox of its own. */
  | { type: 'sandbox-ready'; slot: number; gen: number; limits: SliceLimits; fresh?: boolean }
  | { type: 'sandbox-failed'; slot: number; gen: number; fault: SetupFault; message: string }
  /** It died, or was caught cheating, or could not be given its input. */
  | { type: 'sandbox-exit'; slot: number; gen: number; message: string }
  /** It was idle for as long as it is kept. */
  | { type: 'sandbox-stale'; slot: number; gen: number }
  /** A slice's input cannot be had, so that it cannot run here; `code`: how it is lost. @default 'ASSIGN_FAILED' */
  | {
      type: 'input-failed';
      slot: number;
      gen: number;
      batch: number;
      fault: SetupFault;
      message: string;
      code?: LossCode;
    }
  /** A batch that waited for its input is in the sandbox: the clock of its limits starts. */
  | { type: 'input-came'; slot: number; gen: number; batch: number }
  | { type: 'begin'; slot: number; gen: number; sliceNumber: number }
  /** The thread of the sandbox is at work, though its slice says nothing. */
  | { type: 'computes'; slot: number; gen: number }
  | { type: 'progress'; slot: number; gen: number; sliceNumber: number; progress?: number }
  | {
      type: 'outcomes';
      slot: number;
      gen: number;
      batch: number;
      first: number;
      count: number;
      computeMs: number;
      done: boolean;
      segment: Uint8Array;
    }
  | { type: 'reported'; report: number }
  /** `lost`: the scheduler does not know the lease any more. */
  | { type: 'report-failed'; report: number; lost: boolean }
  | { type: 'tick' }
  /** Take no more, hand back what has not begun, finish what has. */
  | { type: 'drain' }
  /** Stop all at once and hand everything back. */
  | { type: 'halt'; reason: string };

export type Effect =
  /** Asks for a lease; the same number again replaces what was said before. */
  | { type: 'want'; want: number; warm: JobId | undefined; idle: boolean }
  | { type: 'unwant'; want: number }
  /** Fetch what the job needs, start a sandbox and assign the job; answered by `sandbox-ready` or `sandbox-failed`. */
  | { type: 'open-sandbox'; slot: number; gen: number; leaseId: LeaseId; jobId: JobId; packageDigest: string }
  /** `isIdle`: it has run all that it was given, and another lease of its job could come. */
  | { type: 'kill-sandbox'; slot: number; gen: number; isIdle?: boolean }
  /** It has run all that it was given, and gets nothing now: nothing may run in it until it is fed. */
  | { type: 'sandbox-rest'; slot: number; gen: number }
  /** Nothing was heard of its slice for a while; answered by `computes` where its thread is at work, and gives no answer within that time. */
  | { type: 'probe-sandbox'; slot: number; gen: number; withinMs: number }
  /** It has run all that its slot holds; answered by `sandbox-stale`, after a while, unless it is fed before. */
  | { type: 'sandbox-idle'; slot: number; gen: number }
  /** The job's files will be needed soon. */
  | { type: 'prepare'; jobId: JobId; packageDigest: string }
  | {
      type: 'feed';
      slot: number;
      gen: number;
      batch: number;
      leaseId: LeaseId;
      first: number;
      count: number;
      each: boolean;
    }
  | {
      type: 'report';
      report: number;
      leaseId: LeaseId;
      first: number;
      count: number;
      computeMs: number;
      segment?: Uint8Array;
      lost?: { code: LossCode; message: string };
    }
  | { type: 'return'; leaseId: LeaseId; from: number; reason: string }
  | { type: 'renew'; leaseIds: LeaseId[] }
  /** Nothing of it is needed any more. */
  | { type: 'lease-over'; leaseId: LeaseId }
  | { type: 'began'; slot: number; leaseId: LeaseId; jobId: JobId; sliceNumber: number }
  | {
      type: 'progressed';
      slot: number;
      leaseId: LeaseId;
      jobId: JobId;
      sliceNumber: number;
      progress?: number;
    }
  /** Something went wrong that the owner of the machine should hear of. */
  | { type: 'trouble'; slot: number; jobId: JobId; code: ErrorCode; message: string }
  /** After `drain` or `halt`: nothing is held and nothing awaits an answer. */
  | { type: 'drained' };
