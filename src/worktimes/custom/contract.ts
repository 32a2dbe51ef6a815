/**
 * The interface of a custom worktime: what its module exports, receives and returns. docs/worktimes.md describes it for
 * authors.
 * @module
 */
import type { WorkInfo, WorkJobFS } from '../runtime/work-types.js';

/** The argument of `start`. */
export interface WorktimeContext {
  /** The job's files. */
  readonly files: WorkJobFS;
  /** The job's environment variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Sends console messages, which the deployer receives as `console` events. */
  readonly console: Readonly<
    Record<'debug' | 'info' | 'log' | 'warn' | 'error', (...args: unknown[]) => void>
  >;
  /** Reports progress, as the global `progress` of JavaScript work functions. */
  progress(value?: number | string): true;
  readonly job: WorkInfo['job'];
}

/** @deprecated Renamed to `WorktimeContext`. */
export type WorktimePlace = WorktimeContext;

/** The result of `start`: an interpreter for one job. */
export interface CustomRuntime {
  /**
   * Takes the work function (text, or bytes where the job's work function is bytes) and the job's arguments, and returns
   * the function that is called once for each slice. It may be async, and so may the function that it returns.
   */
  prepare(
    source: string | Uint8Array,
    args: unknown[],
  ): ((datum: unknown) => unknown) | Promise<(datum: unknown) => unknown>;
  /** Describes what was thrown in terms of the interpreted language; without it the JavaScript error is reported. */
  explain?(thrown: unknown): { name?: string; message?: string; stack?: string; code?: string | number };
}

/** The exports of a custom worktime's module. */
export interface CustomWorktimeModule {
  /** Equal to `job.customWorktime.name`. */
  readonly name: string;
  /** Equal to `job.customWorktime.version`. */
  readonly version: string;
  /** Called once in each sandbox, before any slice. */
  start(context: WorktimeContext): CustomRuntime | Promise<CustomRuntime>;
}
