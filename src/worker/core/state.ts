/**
 * State of the worker's core: its slots (one sandbox each), the leases that they hold and the unacknowledged reports.
 * Only `step` changes it, and nothing outside this folder reads it. It uses no clock, socket or sandbox: times are
 * passed in with the events.
 * @module
 */
import type { JobId, LeaseId } from '../../protocol/messages/messages.js';
import type { AttemptFailureCode, SliceLimits } from './events.js';
import { TUNING, type Tuning } from './tuning.js';

/** A lease without its bytes. Slice numbers start at 1; `end` is exclusive. */
export interface LeaseState {
  readonly leaseId: LeaseId;
  readonly jobId: JobId;
  readonly packageDigest: string;
  readonly slot: number;
  readonly first: number;
  /** Decreases when slices are released. */
  end: number;
  /** The next slice whose outcome is expected: all before it are reported. */
  next: number;
  /** The next slice that has not been dispatched to the sandbox. */
  dispatchedTo: number;
  readonly leaseMs: number;
  /** The scheduler's estimate of the duration of one slice, milliseconds. */
  readonly estimatedSliceMs: number | undefined;
  /** Slices whose input must be fetched, ascending: each is the last of its batch. */
  readonly needsFetch: readonly number[];
  /** A slice whose input could not be obtained: it is never dispatched, and handled when it is the next one. */
  inputFailed:
    | {
        readonly sliceNumber: number;
        readonly fault: 'job' | 'worker';
        readonly message: string;
        readonly code: AttemptFailureCode;
      }
    | undefined;
  /** Number of unacknowledged reports. */
  inFlight: number;
  /** When the scheduler last confirmed the lease, by the monotonic clock. */
  lastContactMs: number;
}

/** Slices in the sandbox: outcomes of `next` to `end - 1` of one lease are still expected. */
export interface Batch {
  readonly batch: number;
  readonly lease: LeaseState;
  next: number;
  readonly end: number;
  /** The last slice that reported its start; 0 before any. */
  lastStarted: number;
  readonly dispatchedMs: number;
  /** Its input is being fetched: the time limits of its slices have not started. */
  awaitingInput: boolean;
}

/** `opening`: being started and assigned; `ready`: runs batches. `epoch` tells successive sandboxes of a slot apart. */
export type SandboxState =
  | { readonly phase: 'none'; readonly jobId?: undefined }
  | { readonly phase: 'opening'; readonly epoch: number; readonly jobId: JobId; readonly leaseId: LeaseId }
  | {
      readonly phase: 'ready';
      readonly epoch: number;
      readonly jobId: JobId;
      readonly limits: SliceLimits;
      /** It is killed after one slice. */
      readonly singleUse?: true;
    };

export interface Slot {
  readonly slot: number;
  /** The current lease, then the next one. */
  leases: LeaseState[];
  request: { readonly request: number; idle: boolean; warm: JobId | undefined } | undefined;
  sandbox: SandboxState;
  /** Epoch of the sandbox that was reported as idle. */
  idleEpoch: number | undefined;
  /** Epoch of the sandbox that was asked to quiesce, unless a batch was dispatched since. */
  quiescedEpoch: number | undefined;
  /** Batches in the sandbox, in order. */
  dispatched: Batch[];
  /** Slices left in single-slice mode; 0 in normal operation. */
  singleSlicesLeft: number;
  /** Start of the running slice, or a little before. */
  sliceStartMs: number;
  /** Last message from the running slice. */
  lastActivityMs: number;
  /** Last probe of the running slice's thread. */
  probedMs: number;
  /** The sandbox's working time is accounted for up to this time. */
  accountedUntilMs: number;
  /** A recall waits for the end of the running slice, to reclaim what is queued behind it. */
  recallPending: boolean;
  /** When the sandbox was requested, and how long the set-up of the last one took. */
  openedMs: number;
  setupMs: number;
  unackedBytes: number;
  unackedReports: number;
  /** No lease is requested before this time; 0 without back-off. */
  backoffUntilMs: number;
  /** Consecutive failures of set-up. */
  failures: number;
  /** Since when the slot accepts no work, by the owner's limits. */
  closedMs: number | undefined;
  /** Idle time that the slot still owes for its working time, and since when it has been idle, milliseconds. */
  throttleDebtMs: number;
  idleSinceMs: number;
}

/** Measurements of a job's slices, exponentially decayed. */
export interface Profile {
  ms: number;
  bytes: number;
  count: number;
}

/** An unacknowledged report. */
export interface ReportState {
  readonly report: number;
  readonly lease: LeaseState;
  readonly first: number;
  readonly bytes: number;
}

/** `draining`: no new work, dispatched slices finish; `halted`: nothing runs. */
export type CoreMode = 'running' | 'draining' | 'halted';

export interface CoreState {
  readonly tuning: Readonly<Tuning>;
  mode: CoreMode;
  /** Whether the effect `drained` was returned. */
  drained: boolean;
  /** Whether the scheduler is connected. */
  online: boolean;
  wasOnline: boolean;
  /** Slots with an index of `cores` or more are closed. */
  readonly slots: Slot[];
  /** Number of slots that may work. */
  cores: number;
  /** Part of its time that each slot may work, above 0 and up to 1. */
  share: number;
  readonly leases: Map<LeaseId, LeaseState>;
  readonly reports: Map<number, ReportState>;
  readonly profiles: Map<JobId, Profile>;
  /** The last numbers assigned. */
  lastRequest: number;
  lastBatch: number;
  lastReport: number;
  lastEpoch: number;
  /** Time of the last tick: a late one shows that the machine was suspended. */
  lastTickMs: number | undefined;
}

/** The initial state of a worker with that many slots. */
export function newCoreState(slots: number, tuning: Partial<Tuning> = {}): CoreState {
  return {
    tuning: { ...TUNING, ...tuning },
    mode: 'running',
    drained: false,
    online: false,
    wasOnline: false,
    slots: Array.from({ length: slots }, (_, slot) => newSlot(slot)),
    cores: slots,
    share: 1,
    leases: new Map(),
    reports: new Map(),
    profiles: new Map(),
    lastRequest: 0,
    lastBatch: 0,
    lastReport: 0,
    lastEpoch: 0,
    lastTickMs: undefined,
  };
}

/** The initial state of a slot. */
export function newSlot(slot: number): Slot {
  return {
    slot,
    leases: [],
    request: undefined,
    sandbox: { phase: 'none' },
    idleEpoch: undefined,
    quiescedEpoch: undefined,
    dispatched: [],
    singleSlicesLeft: 0,
    sliceStartMs: 0,
    lastActivityMs: 0,
    probedMs: 0,
    accountedUntilMs: 0,
    recallPending: false,
    openedMs: 0,
    setupMs: 0,
    unackedBytes: 0,
    unackedReports: 0,
    backoffUntilMs: 0,
    failures: 0,
    closedMs: undefined,
    throttleDebtMs: 0,
    idleSinceMs: 0,
  };
}

/** Whether `tick` events are needed now. */
export function needsTick(state: CoreState): boolean {
  return state.leases.size > 0 || (state.mode === 'running' && state.slots.some((s) => s.backoffUntilMs > 0));
}

/** The running batch, if that slice is part of it and has no outcome yet. */
export function runningBatch(slot: Slot, sliceNumber: number): Batch | undefined {
  const batch = slot.dispatched[0];
  return batch !== undefined && sliceNumber >= batch.next && sliceNumber < batch.end ? batch : undefined;
}

/** Whether every core that the owner allows is running slices. */
export function isBusy({ slots, cores }: CoreState): boolean {
  return slots.filter(({ dispatched }) => dispatched.length > 0).length >= cores;
}
