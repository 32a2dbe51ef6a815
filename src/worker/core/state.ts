/**
 * What a worker knows: its slots (one sandbox each), the leases they hold and the reports on their way. Only
 * `step` changes it. It knows no clock, no socket and no sandbox: times come in with the events.
 * @module
 */
import type { JobId, LeaseId } from '../../protocol/messages/messages.js';
import type { LossCode, SliceLimits } from './events.js';

/** Sizes and times that shape the work; the defaults are measured ones, tests set others. */
export interface Tuning {
  /** What one batch in a sandbox aims to last, milliseconds. */
  batchMs: number;
  /** A batch is not cut below this to leave a tail that can be recalled, milliseconds. */
  batchMsMin: number;
  /** A batch takes at most this part of what its slot has not fed yet, so that a tail stays that can be recalled. */
  batchShare: number;
  /** Outcome bytes that one batch aims to stay under. */
  batchBytes: number;
  /** Work that should wait in a sandbox behind the running batch, milliseconds. */
  queueMs: number;
  /** Batches in one sandbox at most. */
  queueBatchesMax: number;
  /** Slices as long as this are fed one at a time: what waits behind one could run elsewhere. Milliseconds. */
  longSliceMs: number;
  /** The next lease is asked for when the present one lasts less than this, milliseconds. */
  prefetchMs: number;
  /** Outcome bytes of one slot without an acknowledgement, past which its sandbox is fed no more. */
  unackedBytesMax: number;
  /** Reports of one slot without an acknowledgement, past which its sandbox is fed no more. */
  unackedReportsMax: number;
  /** Slices that run one by one after a crash before batches are trusted again. */
  carefulSlices: number;
  /** A recall takes back what a sandbox has been given, by killing it, where that lasts longer than this. Milliseconds. */
  overfedMs: number;
  /** First pause of a slot that could not be set up, milliseconds; doubles each time. */
  restMs: number;
  /** Longest pause of a slot, milliseconds. */
  restMsMax: number;
  /** Assignments of a slot that may fail one after the other before it pauses too. */
  assignFailuresFree: number;
}

export const TUNING: Readonly<Tuning> = Object.freeze({
  batchMs: 200,
  batchMsMin: 10,
  batchShare: 1 / 4,
  batchBytes: 512 * 1024,
  queueMs: 20,
  queueBatchesMax: 4,
  longSliceMs: 200,
  prefetchMs: 500,
  unackedBytesMax: 4 * 1024 * 1024,
  unackedReportsMax: 48,
  carefulSlices: 64,
  overfedMs: 1_000,
  restMs: 250,
  restMsMax: 60_000,
  assignFailuresFree: 16,
});

/** A lease as the core sees it: numbers, no bytes. Slice numbers count from 1; `end` is the one after the last. */
export interface LeaseState {
  readonly leaseId: LeaseId;
  readonly jobId: JobId;
  readonly packageDigest: string;
  readonly slot: number;
  readonly first: number;
  /** Shrinks when a tail is handed back. */
  end: number;
  /** The next slice whose outcome is awaited: everything before it is reported. */
  next: number;
  /** The next slice that has not been given to the sandbox. */
  fedTo: number;
  readonly leaseMs: number;
  /** The scheduler's estimate of one slice, milliseconds. */
  readonly sliceMs: number | undefined;
  /** Slices whose input has to be fetched, ascending: each ends its batch. */
  readonly heavy: readonly number[];
  /** A slice whose input cannot be had: it is never fed, and dealt with when its turn comes. */
  bad:
    | {
        readonly sliceNumber: number;
        readonly fault: 'job' | 'worker';
        readonly message: string;
        readonly code: LossCode;
      }
    | undefined;
  /** Reports without an answer. */
  inFlight: number;
  /** When the scheduler last heard of it. */
  heardMs: number;
}

/** Slices in the sandbox: `next` to `end - 1` of one lease are still to come. */
export interface Batch {
  readonly batch: number;
  readonly lease: LeaseState;
  next: number;
  readonly end: number;
  /** The last slice that said that it began; 0 before any. */
  begun: number;
  readonly fedMs: number;
  /** Its input is on its way: the time of its slices has not begun. */
  waiting: boolean;
}

/** `opening`: being started and assigned; `ready`: runs what it is fed. */
export type SandboxState =
  | { readonly phase: 'none' }
  | { readonly phase: 'opening'; readonly gen: number; readonly jobId: JobId; readonly leaseId: LeaseId }
  | {
      readonly phase: 'ready';
      readonly gen: number;
      readonly jobId: JobId;
      readonly limits: SliceLimits;
      /** It runs one slice, and is killed. */
      readonly fresh?: true;
    };

export interface Slot {
  readonly slot: number;
  /** The lease at work, and the one to come. */
  leases: LeaseState[];
  want: { readonly want: number; idle: boolean; warm: JobId | undefined } | undefined;
  sandbox: SandboxState;
  /** The sandbox that was said to be idle. */
  idleGen: number | undefined;
  /** The sandbox that was told to rest, unless it was fed since. */
  restGen: number | undefined;
  /** What the sandbox has, in order. */
  fed: Batch[];
  /** Slices that are still run one by one; 0 in ordinary times. */
  careful: number;
  /** When the running slice began, or a little before. */
  sliceStartMs: number;
  /** When the running slice last gave a sign. */
  signMs: number;
  /** When it was last found out whether the thread of a silent slice is at work. */
  probedMs: number;
  /** Since when the sandbox has been at work without its time being accounted for. */
  markMs: number;
  /** Somebody waits for the work that this sandbox has been given and has not begun. */
  recalled: boolean;
  /** When the sandbox was asked for, and how long the last one took to be ready. */
  openedMs: number;
  setupMs: number;
  unackedBytes: number;
  unackedReports: number;
  /** No lease is asked for before this. */
  restUntilMs: number;
  /** Set-ups that failed one after the other. */
  failures: number;
  /** Since when it takes no more work, because the owner of the machine says so. */
  closedMs: number | undefined;
  /** Rest that it owes for what it worked, and since when it has rested, milliseconds. */
  restDebtMs: number;
  restFromMs: number;
}

/** What is known of a job's slices, with old measurements fading. */
export interface Profile {
  ms: number;
  bytes: number;
  count: number;
}

/** One report without an answer. */
export interface ReportState {
  readonly report: number;
  readonly lease: LeaseState;
  readonly first: number;
  readonly bytes: number;
}

/** `draining`: no new work, what is in the sandboxes ends; `halted`: nothing runs any more. */
export type CoreMode = 'running' | 'draining' | 'halted';

export interface CoreState {
  readonly tuning: Readonly<Tuning>;
  mode: CoreMode;
  /** Whether `drained` was said. */
  drained: boolean;
  /** Whether the scheduler can be reached now. */
  online: boolean;
  wasOnline: boolean;
  /** Those past `cores` are closed. */
  readonly slots: Slot[];
  /** Slots that may be at work. */
  cores: number;
  /** Part of its time that each slot may work, above 0 and up to 1. */
  share: number;
  readonly leases: Map<LeaseId, LeaseState>;
  readonly reports: Map<number, ReportState>;
  readonly profiles: Map<JobId, Profile>;
  /** Last numbers given out. */
  lastWant: number;
  lastBatch: number;
  lastReport: number;
  lastGen: number;
  /** When the last tick came: one that comes late says that the machine slept. */
  lastTickMs: number | undefined;
}

/** A worker of `slots` sandboxes that has nothing yet. */
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
    lastWant: 0,
    lastBatch: 0,
    lastReport: 0,
    lastGen: 0,
    lastTickMs: undefined,
  };
}

/** A slot that has nothing yet. */
export function newSlot(slot: number): Slot {
  return {
    slot,
    leases: [],
    want: undefined,
    sandbox: { phase: 'none' },
    idleGen: undefined,
    restGen: undefined,
    fed: [],
    careful: 0,
    sliceStartMs: 0,
    signMs: 0,
    probedMs: 0,
    markMs: 0,
    recalled: false,
    openedMs: 0,
    setupMs: 0,
    unackedBytes: 0,
    unackedReports: 0,
    restUntilMs: 0,
    failures: 0,
    closedMs: undefined,
    restDebtMs: 0,
    restFromMs: 0,
  };
}

/** Whether time matters now, so that `tick` events are needed. */
export function needsTick(state: CoreState): boolean {
  return state.leases.size > 0 || (state.mode === 'running' && state.slots.some((s) => s.restUntilMs > 0));
}

/** The running batch, where that slice is of it and still without outcome. */
export function runningBatch(slot: Slot, sliceNumber: number): Batch | undefined {
  const batch = slot.fed[0];
  return batch !== undefined && sliceNumber >= batch.next && sliceNumber < batch.end ? batch : undefined;
}

/** Whether every core that the owner of the machine gives is at work on slices. */
export function isBusy({ slots, cores }: CoreState): boolean {
  return slots.filter(({ fed }) => fed.length > 0).length >= cores;
}
