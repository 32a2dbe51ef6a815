/**
 * The events of a job handle: one payload each, names in any case. `J` is the type of the handle that emits them.
 * @module
 */
import type { OptionNames } from '../../lib/options.js';
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import type { ResultHandle } from './results.js';
import type { JobStatusInfo } from '../results/status-info.js';
import type { ReadyState } from '../upload/deployment.js';
import type { ReconnectingEvent, ReconnectedEvent } from '../connection/connection-events.js';

export interface StatusEventOf<J> extends JobStatusInfo {
  job: J;
}

export interface ResultEventOf<T, J> {
  job: J;
  /** From 1. */
  sliceNumber: number;
  result: T;
}

export interface ConsoleEventOf<J> {
  job: J;
  sliceNumber: number;
  /** Which attempt at the slice printed it, from 1: a slice that failed runs again. */
  attempt: number;
  level: ConsoleLevel;
  message: string;
  /** The same message came so many times in a row. */
  same?: number;
}

export interface ProgressEventOf<J> {
  job: J;
  sliceNumber: number;
  /** From 0 to 1; absent for a sign of life without a number. */
  progress?: number;
}

export interface ErrorEventOf<J> {
  job: J;
  /** The slice that failed for good; absent where the trouble is not one slice's. */
  sliceNumber?: number;
  /** What the work function threw, with its own type, message and stack; or a coded error. */
  error: Error;
  name: string;
  message: string;
}

export interface CancelEventOf<J> {
  job: J;
  runStatus: 'cancelled';
  reason: string;
  code: 'JOB_CANCELLED';
}

export interface NoFundsEventOf<J> {
  job: J;
  reason: string;
}

/** The scheduler's operator paused the job; it waits until they resume it. */
export interface PausedEventOf<J> {
  job: J;
  /** In the operator's words. */
  reason: string;
}

/** The job goes on: the operator resumed it, or there are credits for it again. */
export interface ResumedEventOf<J> {
  job: J;
}

export interface NoWorkersEventOf<J> {
  job: J;
  /** Since the scheduler had the job, milliseconds. */
  waitedMs: number;
  /** What to look at, in a sentence. */
  message: string;
}

export interface NoInputEventOf<J> {
  job: J;
  /** Slices that the scheduler has of the job's input. */
  committed: number;
  /** What to do, in a sentence. */
  message: string;
}

export interface JobEventsOf<T, J> {
  /** The connection was lost; the job goes on at the scheduler. */
  reconnecting: ReconnectingEvent & { job: J };
  reconnected: ReconnectedEvent & { job: J };
  /** The job is open, all of its slices are computed, and nobody adds more; told once. */
  noinput: NoInputEventOf<J>;
  readystatechange: ReadyState;
  /** The scheduler has the job. */
  accepted: { job: J; id: string };
  status: StatusEventOf<J>;
  result: ResultEventOf<T, J>;
  console: ConsoleEventOf<J>;
  progress: ProgressEventOf<J>;
  error: ErrorEventOf<J>;
  complete: ResultHandle<T>;
  cancel: CancelEventOf<J>;
  nofunds: NoFundsEventOf<J>;
  paused: PausedEventOf<J>;
  resumed: ResumedEventOf<J>;
  /** Nobody has taken a slice yet, seconds after the deployment; told once. */
  noworkers: NoWorkersEventOf<J>;
}

/** All events of a job handle. */
export const JOB_EVENTS: OptionNames<JobEventsOf<unknown, unknown>> = {
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
