/**
 * The events of a job handle: one payload each, names in any case.
 * @module
 */
import type { OptionNames } from '../../lib/options.js';
import type { ConsoleLevel, RunStatus } from '../../protocol/messages/messages.js';
import type { Job } from './job.js';
import type { ResultHandle } from './results.js';

/** Where a handle is on its way to a deployed job; `new` until `exec` or `deploy` is called. */
export type ReadyState =
  'new' | 'exec' | 'init' | 'preauth' | 'deploying' | 'uploading' | 'deployed' | 'reconnected';

export interface JobStatusInfo {
  /** `new` until the scheduler has the job. */
  runStatus: RunStatus | 'new';
  /** Slices. */
  total: number;
  /** Slices that were given to workers or are finished. */
  distributed: number;
  /** Slices that are finished: with a result, or failed for good. */
  computed: number;
  /** Of them, those that failed for good. */
  failed: number;
  /** Workers at work on the job. */
  workers: number;
  /** Credits paid so far, in units of 10^-9; in JSON a decimal string. */
  paid: bigint;
  /** Why it is paused or cancelled; absent otherwise. */
  reason?: string;
}

export interface StatusEvent<T> extends JobStatusInfo {
  job: Job<T>;
}

export interface ResultEvent<T> {
  job: Job<T>;
  /** From 1. */
  sliceNumber: number;
  result: T;
}

export interface ConsoleEvent<T> {
  job: Job<T>;
  sliceNumber: number;
  /** Which attempt at the slice printed it, from 1: a slice that failed runs again. */
  attempt: number;
  level: ConsoleLevel;
  message: string;
  /** The same message came so many times in a row. */
  same?: number;
}

export interface ProgressEvent<T> {
  job: Job<T>;
  sliceNumber: number;
  /** From 0 to 1; absent for a sign of life without a number. */
  progress?: number;
}

export interface ErrorEvent<T> {
  job: Job<T>;
  /** The slice that failed for good; absent where the trouble is not one slice's. */
  sliceNumber?: number;
  /** What the work function threw, with its own type, message and stack; or a coded error. */
  error: Error;
  name: string;
  message: string;
}

export interface CancelEvent<T> {
  job: Job<T>;
  runStatus: 'cancelled';
  reason: string;
  code: 'JOB_CANCELLED';
}

export interface NoFundsEvent<T> {
  job: Job<T>;
  reason: string;
}

/** The scheduler's operator paused the job; it waits until they resume it. */
export interface PausedEvent<T> {
  job: Job<T>;
  /** In the operator's words. */
  reason: string;
}

/** The job goes on: the operator resumed it, or there are credits for it again. */
export interface ResumedEvent<T> {
  job: Job<T>;
}

export interface NoWorkersEvent<T> {
  job: Job<T>;
  /** Since the scheduler had the job, milliseconds. */
  waitedMs: number;
  /** What to look at, in a sentence. */
  message: string;
}

/** The connection to the scheduler was lost and is being made anew. */
export interface ReconnectingEvent {
  error: Error;
  message: string;
}

/** The connection is there again. */
export interface ReconnectedEvent {
  /** How long there was none, milliseconds. */
  downMs: number;
}

export interface ConnectionEvents {
  reconnecting: ReconnectingEvent;
  reconnected: ReconnectedEvent;
}

export interface NoInputEvent<T> {
  job: Job<T>;
  /** Slices that the scheduler has of the job's input. */
  committed: number;
  /** What to do, in a sentence. */
  message: string;
}

export interface JobEvents<T> {
  /** The connection was lost; the job goes on at the scheduler. */
  reconnecting: ReconnectingEvent & { job: Job<T> };
  reconnected: ReconnectedEvent & { job: Job<T> };
  /** The job is open, all of its slices are computed, and nobody adds more; told once. */
  noinput: NoInputEvent<T>;
  readystatechange: ReadyState;
  /** The scheduler has the job. */
  accepted: { job: Job<T>; id: string };
  status: StatusEvent<T>;
  result: ResultEvent<T>;
  console: ConsoleEvent<T>;
  progress: ProgressEvent<T>;
  error: ErrorEvent<T>;
  complete: ResultHandle<T>;
  cancel: CancelEvent<T>;
  nofunds: NoFundsEvent<T>;
  paused: PausedEvent<T>;
  resumed: ResumedEvent<T>;
  /** Nobody has taken a slice yet, seconds after the deployment; told once. */
  noworkers: NoWorkersEvent<T>;
}

/** All events of a job handle. */
export const JOB_EVENTS: OptionNames<JobEvents<unknown>> = {
  readystatechange: true,
  accepted: true,
  status: true,
  result: true,
  console: true,
  progress: true,
  error: true,
  complete: true,
  cancel: true,
  nofunds: true,
  paused: true,
  resumed: true,
  noworkers: true,
  noinput: true,
  reconnecting: true,
  reconnected: true,
};

/** Events that the job's journal brings: listening to one of them follows the job. */
export const JOURNAL_EVENTS: ReadonlySet<string> = new Set([
  'status',
  'result',
  'console',
  'progress',
  'error',
  'complete',
  'cancel',
  'nofunds',
  'paused',
  'resumed',
  'noworkers',
  'noinput',
]);
