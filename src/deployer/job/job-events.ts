/**
 * The public event types of a job handle, in which `job` is the handle.
 * @module
 */
import type { Job } from './job.js';
import type {
  StatusEventOf,
  ResultEventOf,
  ConsoleEventOf,
  ProgressEventOf,
  ErrorEventOf,
  CancelEventOf,
  NoFundsEventOf,
  NoWorkersEventOf,
  JobEventsOf,
} from '../state/events.js';

export type StatusEvent<T = unknown> = StatusEventOf<Job<T>>;
export type ResultEvent<T = unknown> = ResultEventOf<T, Job<T>>;
export type ConsoleEvent<T = unknown> = ConsoleEventOf<Job<T>>;
export type ProgressEvent<T = unknown> = ProgressEventOf<Job<T>>;
export type ErrorEvent<T = unknown> = ErrorEventOf<Job<T>>;
export type CancelEvent<T = unknown> = CancelEventOf<Job<T>>;
export type NoFundsEvent<T = unknown> = NoFundsEventOf<Job<T>>;
export type NoWorkersEvent<T = unknown> = NoWorkersEventOf<Job<T>>;
export type JobEvents<T = unknown> = JobEventsOf<T, Job<T>>;
