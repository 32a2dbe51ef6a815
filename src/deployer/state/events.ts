/**
 * The events of a job handle and their payloads; event names are case-insensitive. `J` is the type of the handle.
 * @module
 */
import type { OptionNames } from '../../lib/options.js';
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import type { ResultHandle } from './result-handle.js';
import type { JobStatusInfo } from '../../client/jobs/status-info.js';
import type { ReconnectingEvent, ReconnectedEvent } from '../connection/connection-events.js';

/** The stage of a job's handle; `new` until `exec` or `deploy` is called. */
export type ReadyState =
  'new' | 'exec' | 'init' | 'preauth' | 'deploying' | 'uploading' | 'deployed' | 'reconnected';

export interface StatusEventOf<J> extends JobStatusInfo {
  job: J;
}

export interface ResultEventOf<T, J> {
  job: J;
  /** Number of the slice, from 1. */
  sliceNumber: number;
  result: T;
}

/** A slice that failed, and was run again, has another outcome. */
export interface ResultsUpdatedEventOf<J> {
  job: J;
  sliceNumber: number;
}

export interface ConsoleEventOf<J> {
  job: J;
  sliceNumber: number;
  /** The attempt that printed it, from 1: a slice whose attempt threw, was lost, or was revoked without progress runs again. */
  attempt: number;
  level: ConsoleLevel;
  message: string;
  /** Number of consecutive repetitions of this message; absent for one. */
  same?: number;
}

export interface ProgressEventOf<J> {
  job: J;
  sliceNumber: number;
  /** The attempt that reports it, from 1, as in `console`; absent if the scheduler does not tell. */
  attempt?: number;
  /** From 0 to 1; absent if the slice reported progress without a number. */
  progress?: number;
}

export interface ErrorEventOf<J> {
  job: J;
  /** The slice that failed permanently; absent if the error concerns the whole job. */
  sliceNumber?: number;
  /** The error that the work function threw, with its type, message and stack; or an error with a code. */
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

/** The scheduler's operator paused the job until it is resumed. */
export interface PausedEventOf<J> {
  job: J;
  /** The reason that the operator gave. */
  reason: string;
}

/** The job was resumed: by the operator, or because its account has credits again. */
export interface ResumedEventOf<J> {
  job: J;
}

export interface NoWorkersEventOf<J> {
  job: J;
  /** Time since the scheduler accepted the job, milliseconds. */
  waitedMs: number;
  /** What to check, as a sentence. */
  message: string;
}

export interface NoInputEventOf<J> {
  job: J;
  /** Number of the job's slices that the scheduler has committed. */
  committed: number;
  /** What to do, as a sentence. */
  message: string;
}

export interface JobEventsOf<T, J> {
  /** The connection was lost; the job continues at the scheduler. */
  reconnecting: ReconnectingEvent & { job: J };
  reconnected: ReconnectedEvent & { job: J };
  /** The job is open, all of its slices are finished, and no more are being added. Emitted once. */
  noinput: NoInputEventOf<J>;
  readystatechange: ReadyState;
  /** The scheduler has accepted the job. */
  accepted: { job: J; id: string };
  status: StatusEventOf<J>;
  result: ResultEventOf<T, J>;
  /** A slice that was retried has its new outcome: emitted after its `result` or `error`. */
  resultsupdated: ResultsUpdatedEventOf<J>;
  console: ConsoleEventOf<J>;
  progress: ProgressEventOf<J>;
  error: ErrorEventOf<J>;
  complete: ResultHandle<T>;
  cancel: CancelEventOf<J>;
  nofunds: NoFundsEventOf<J>;
  paused: PausedEventOf<J>;
  resumed: ResumedEventOf<J>;
  /** No worker has taken a slice a few seconds after the deployment. Emitted once. */
  noworkers: NoWorkersEventOf<J>;
}

/** The names of all events of a job handle. */
export const JOB_EVENTS: OptionNames<JobEventsOf<unknown, unknown>> = {
  readystatechange: true,
  accepted: true,
  status: true,
  result: true,
  resultsupdated: true,
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

/** Events that come from the job's journal: a listener for one of them makes the handle follow the job. */
export const JOURNAL_EVENTS: ReadonlySet<keyof JobEventsOf<unknown, unknown>> = new Set([
  'status',
  'result',
  'resultsupdated',
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
