/**
 * The events that the worker's core handles and the effects that it returns: its whole interface, together with
 * `WorkerCore`. Sandboxes and the supervisor speak it; the supervisor turns each effect into a call.
 * @module
 */
import type { ErrorCode } from '../../lib/errors.js';
import type { ConsoleLevel, JobId, LeaseId } from '../../protocol/messages/messages.js';

/** Time limits of one slice, set by its job, milliseconds. */
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
  /** The scheduler's estimate of one slice, milliseconds. */
  estimatedSliceMs?: number;
  /** Slices whose input must be fetched, ascending. */
  needsFetch: readonly number[];
}

/** Error code with which a slice is reported as failed without an outcome. */
export type AttemptFailureCode = Extract<
  ErrorCode,
  | 'SANDBOX_CRASHED'
  | 'SLICE_TIMEOUT'
  | 'NO_PROGRESS'
  | 'ASSIGN_FAILED'
  | 'FETCH_FAILED'
  | 'ORIGIN_NOT_ALLOWED'
  | 'WORK_REJECTED'
>;

/** Why a slice has no outcome; `message` is a sentence. */
export interface AttemptFailure {
  code: AttemptFailureCode;
  message: string;
}

/** Why a sandbox failed. */
export interface SandboxFailure extends AttemptFailure {
  /** Sandboxes of other slices ended with it, and any of them may be the cause. @default false */
  isShared?: boolean;
}

/** One console message of a slice. */
export interface ConsoleOutput {
  sliceNumber: number;
  level: ConsoleLevel;
  message: string;
  same?: number;
}

/** One event of a slice; `value` is encoded. */
export interface EmittedEvent {
  sliceNumber: number;
  name: string;
  value: Uint8Array;
}

/** Who caused a failed set-up. `job`: its next slice is charged an attempt. `worker`: the lease is released uncharged. */
export type SetupFault = 'job' | 'worker';

export type CoreEvent =
  /** Connected or reconnected; the scheduler has discarded all earlier lease requests. */
  | { type: 'online' }
  | { type: 'offline' }
  | { type: 'grant'; request: number; lease: GrantedLease }
  /** The owner changed the limits. */
  | { type: 'limits'; cores: number; share: number; paused: boolean }
  /** A lease was granted that the owner of this machine does not accept, or whose inputs are malformed. */
  | {
      type: 'decline';
      request: number;
      leaseId: LeaseId;
      jobId: JobId;
      first: number;
      count: number;
      reason: string;
    }
  /** The job may not run here any more. */
  | { type: 'refuse'; jobId: JobId; reason: string }
  /** The set of idle sandboxes or prewarmed runtimes differs from what the pending lease requests said. */
  | { type: 'warm-state-changed' }
  /** Another sandbox is idle and waits for slices. `isWarm`: it has loaded the lease's job. */
  | { type: 'recall'; leaseId: LeaseId; isWarm: boolean }
  /** The scheduler ended the lease: it revoked it, or it has expired. */
  | { type: 'lease-revoked'; leaseId: LeaseId }
  /** `singleUse`: each slice of the job needs a sandbox of its own. */
  | { type: 'sandbox-ready'; slot: number; epoch: number; limits: SliceLimits; singleUse?: boolean }
  | { type: 'sandbox-failed'; slot: number; epoch: number; fault: SetupFault; message: string }
  /**
   * The sandbox ended, violated the protocol, or could not receive its input. `isShared`: others ended with it, and any of
   * them may be the cause.
   */
  | { type: 'sandbox-exit'; slot: number; epoch: number; message: string; isShared: boolean }
  /** The sandbox has been idle for as long as idle sandboxes are kept. */
  | { type: 'sandbox-stale'; slot: number; epoch: number }
  /** The input of a slice could not be obtained. `code`: its failure is reported with it. @default 'ASSIGN_FAILED' */
  | {
      type: 'input-failed';
      slot: number;
      epoch: number;
      batch: number;
      fault: SetupFault;
      message: string;
      code?: AttemptFailureCode;
    }
  /** The input of a batch arrived and the batch was sent to the sandbox: its time limits start now. */
  | { type: 'input-ready'; slot: number; epoch: number; batch: number }
  | { type: 'begin'; slot: number; epoch: number; sliceNumber: number }
  /** A probe found that the sandbox's thread is computing, although its slice posts no messages. */
  | { type: 'computing'; slot: number; epoch: number }
  | { type: 'progress'; slot: number; epoch: number; sliceNumber: number; progress?: number }
  /** A slice emitted an event. */
  | ({ type: 'event'; slot: number; epoch: number } & EmittedEvent)
  /** The state of a slice, to be stored. */
  | { type: 'checkpoint'; slot: number; epoch: number; sliceNumber: number; state: Uint8Array }
  /** The work function gave the next slice of its batch back. */
  | { type: 'rejected'; slot: number; epoch: number; batch: number; sliceNumber: number; reason: string }
  /** A slice printed to its console; `same`: how many equal messages this one stands for. */
  | ({ type: 'console'; slot: number; epoch: number } & ConsoleOutput)
  | {
      type: 'outcomes';
      slot: number;
      epoch: number;
      batch: number;
      first: number;
      count: number;
      computeMs: number;
      done: boolean;
      segment: Uint8Array;
    }
  | { type: 'reported'; report: number }
  /** `leaseLost`: the scheduler does not know the lease any more. */
  | { type: 'report-failed'; report: number; leaseLost: boolean }
  | { type: 'tick' }
  /** Accept no more leases, release slices that were not dispatched, finish the others. */
  | { type: 'drain' }
  /** Stop everything at once and release all leases. */
  | { type: 'halt'; reason: string };

/** Events of a sandbox; `epoch` tells successive sandboxes of a slot apart. */
export type SandboxEvent = Extract<CoreEvent, { epoch: number }>;

/** An event of a sandbox, without the slot that it is in. */
export type SandboxEventBody = WithoutSlot<SandboxEvent>;
type WithoutSlot<E> = E extends SandboxEvent ? Omit<E, 'slot' | 'epoch'> : never;

export type Effect =
  /** Request a lease. Sending the same number again replaces the earlier request. */
  | { type: 'request-lease'; request: number; warm: JobId | undefined; idle: boolean }
  | { type: 'cancel-request'; request: number }
  /** Load the job's package and files, start a sandbox and assign the job; answered by `sandbox-ready` or `sandbox-failed`. */
  | {
      type: 'open-sandbox';
      slot: number;
      epoch: number;
      leaseId: LeaseId;
      jobId: JobId;
      packageDigest: string;
    }
  /** `isIdle`: it has no slices left to run and may be kept for another lease of its job. */
  | { type: 'kill-sandbox'; slot: number; epoch: number; isIdle?: boolean }
  /** The sandbox has no slices left: no code may run in it until the next dispatch. */
  | { type: 'quiesce-sandbox'; slot: number; epoch: number }
  /** The running slice has posted nothing for a while. Answered by `computing` if its thread does not reply within `withinMs` because it computes. */
  | { type: 'probe-sandbox'; slot: number; epoch: number; withinMs: number }
  /** Slot and sandbox hold no work. Answered by `sandbox-stale` after the keep time, unless a batch is dispatched before. */
  | { type: 'sandbox-idle'; slot: number; epoch: number }
  /** Prefetch the package and files of the job. */
  | { type: 'prepare'; jobId: JobId; packageDigest: string }
  | {
      type: 'dispatch';
      slot: number;
      epoch: number;
      batch: number;
      leaseId: LeaseId;
      first: number;
      count: number;
      reportEach: boolean;
    }
  /** `reached`: the slice that runs now, or the last one where the sandbox has finished its batch. */
  | {
      type: 'report';
      report: number;
      leaseId: LeaseId;
      jobId: JobId;
      slot: number;
      reached: number;
      first: number;
      count: number;
      computeMs: number;
      segment?: Uint8Array;
      /** Present where the slice behind those of `segment` was lost: it ended its sandbox, or could not start. */
      failure?: AttemptFailure;
    }
  /** Release `count` slices from `from` on: the rest of the lease. */
  | { type: 'release'; leaseId: LeaseId; jobId: JobId; from: number; count: number; reason: string }
  | { type: 'renew'; leaseIds: LeaseId[] }
  /** Everything kept for the lease is to be freed. */
  | { type: 'lease-over'; leaseId: LeaseId }
  /** The sandbox is set up for its job. */
  | { type: 'opened'; slot: number; epoch: number }
  | { type: 'began'; slot: number; leaseId: LeaseId; jobId: JobId; sliceNumber: number }
  | {
      type: 'progressed';
      slot: number;
      leaseId: LeaseId;
      jobId: JobId;
      sliceNumber: number;
      progress?: number;
    }
  | ({ type: 'printed'; slot: number; leaseId: LeaseId; jobId: JobId } & ConsoleOutput)
  | ({ type: 'emitted'; leaseId: LeaseId; jobId: JobId } & EmittedEvent)
  /** Store the state of a slice; the sandbox is to be told whether it was stored. */
  | {
      type: 'checkpoint';
      slot: number;
      sandboxEpoch: number;
      leaseId: LeaseId;
      sliceNumber: number;
      state: Uint8Array;
    }
  /** A failure to show to the owner of this machine. */
  | { type: 'warning'; slot: number; jobId: JobId; code: ErrorCode; message: string }
  /** After `drain` or `halt`: no leases are held and no replies are pending. */
  | { type: 'drained' };

export type CheckpointEffect = Extract<Effect, { type: 'checkpoint' }>;

/** Effects on the sandbox of a slot. */
export type SandboxEffect = Extract<Effect, { epoch: number }>;
