/**
 * The contract of a custom worktime, as types: what its module exports, what it is given, what it gives back.
 * docs/worktimes.md tells it for authors.
 * @module
 */
import type { WorkInfo, WorkJobFS } from '../runtime/work-types.js';

/** What `start` is given. */
export interface WorktimePlace {
  /** The job's files. */
  readonly files: WorkJobFS;
  /** The job's environment variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Goes to the deployer's `console` events. */
  readonly console: Readonly<
    Record<'debug' | 'info' | 'log' | 'warn' | 'error', (...args: unknown[]) => void>
  >;
  /** As the global `progress` of JavaScript work functions. */
  progress(value?: number | string): true;
  readonly job: WorkInfo['job'];
}

/** What `start` gives: an interpreter for one job. */
export interface CustomRuntime {
  /**
   * Takes the work function (a text, or bytes where the job's was bytes) and the job's arguments, and gives what is
   * called once a slice. It may be async, and so may the function that it gives.
   */
  prepare(
    source: string | Uint8Array,
    args: unknown[],
  ): ((datum: unknown) => unknown) | Promise<(datum: unknown) => unknown>;
  /** What was thrown, in words of the language that it runs; absent where the error speaks for itself. */
  explain?(thrown: unknown): { name?: string; message?: string; stack?: string; code?: string | number };
}

/** What the module of a custom worktime exports. */
export interface CustomWorktimeModule {
  /** As in `job.customWorktime.name`. */
  readonly name: string;
  /** As in `job.customWorktime.version`. */
  readonly version: string;
  /** Called once a sandbox, before any slice. */
  start(place: WorktimePlace): CustomRuntime | Promise<CustomRuntime>;
}
