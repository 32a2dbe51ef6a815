/**
 * The interface between a worktime's runtime and the sandbox: a runtime takes one job and returns a function that is called
 * once for each slice.
 * @module
 */
import type { JobPackage } from '../../protocol/job/job-package.js';
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import type { RuntimeEnv } from './runtime-env.js';

/** One entry of a job's files, by absolute path. */
export type JobFileEntry = { kind: 'file'; bytes: Uint8Array } | { kind: 'directory' };

/** What job code outputs while it runs besides results; each call concerns the running slice. */
export interface SliceOutput {
  console(level: ConsoleLevel, text: string): void;
  /** As the global `progress`: a fraction from 0 to 1, a text such as '50%', or nothing. Returns true. */
  progress(value?: unknown): true;
  /** As `work.emit`. @throws INVALID_ARGUMENT, LIMIT_EXCEEDED, VALUE_NOT_CLONEABLE */
  emit(name: unknown, value?: unknown): boolean;
  /** As `work.reject`. @throws always */
  reject(reason?: unknown, retries?: unknown): never;
  /** As `work.checkpoint`. @throws LIMIT_EXCEEDED, VALUE_NOT_CLONEABLE */
  checkpoint(state: unknown): Promise<boolean>;
  /** As `work.state`. */
  readonly state: unknown;
}

/** The packages that a job ships for its source to import. */
export interface ModulesOfJob {
  /** By the file's name, which says how it is unpacked. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Modules that may be imported before the source is loaded. */
  readonly imports: readonly string[];
}

/** One job, decoded. */
export interface JobContext {
  /** The work function as text; empty where it is bytes. */
  readonly source: string;
  readonly sourceBytes: Uint8Array;
  readonly sourceKind: JobPackage['sourceKind'];
  /** How a WebAssembly module is called. */
  readonly wasm?: JobPackage['wasm'];
  /** The custom worktime of the job. */
  readonly customWorktime?: { readonly name: string; readonly version: string; readonly source: string };
  /** The npm libraries that the work function may require: a script whose value has a function for each name. */
  readonly libraries?: { readonly names: readonly string[]; readonly script: string };
  /** Arguments after the datum. */
  readonly args: readonly unknown[];
  /** Constants that are globals of the job's code, by name. */
  readonly captured?: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  /** The working directory, an absolute path. */
  readonly cwd: string;
  readonly files: ReadonlyMap<string, JobFileEntry>;
  readonly modules?: ModulesOfJob;
  readonly public: Readonly<JobPackage['public']>;
  readonly jobId?: string;
  readonly output: SliceOutput;
}

/** The results of the first slices of a chunk, in order; `errors` holds the errors of failed slices, by index. */
export interface ChunkOutcome {
  readonly results: readonly unknown[];
  readonly errors: ReadonlyMap<number, Error>;
}

/** A runtime's own loop over cheap slices, where a call for each would cost more than the slices do. */
export interface ChunkCaller {
  /** Whether the results of the work function can be copied many at a time, as far as is known. */
  readonly isSuitable: boolean;
  /** Runs the first slices, as many as it can, possibly none; the others are run by `call`. */
  run(data: unknown[]): ChunkOutcome;
  /** During `run`, the index in `data` of the running slice. */
  currentIndex(): number;
}

/** A compiled work function. */
export interface WorkFunction {
  /** Returns the result, or a thenable of it; throws what the user's code threw. Called without `this`. */
  readonly call: (this: void, datum: unknown) => unknown;
  /** Absent where slices are called one by one. */
  readonly chunks?: ChunkCaller;
  /** Converts what was thrown to an error whose stack shows the user's source only. */
  explain(thrown: unknown): Error;
  /** Called after each slice to flush output that was held back; absent where nothing is held back. */
  readonly endSlice?: (this: void) => void;
}

export interface Runtime {
  /** Set where the runtime received a snapshot and could not use it. */
  readonly isSnapshotRejected?: boolean;
  /** Rejects with a ManyhandsError: WORK_FUNCTION_INVALID or ASSIGN_FAILED. */
  prepare(job: JobContext): Promise<WorkFunction>;
}

/** The part of a worktime that runs inside a sandbox. */
export interface WorktimeRuntime {
  /** Starts a runtime without a job. @throws ASSIGN_FAILED, or ISOLATION_UNAVAILABLE where the sandbox is at fault */
  start(env: RuntimeEnv): Runtime | Promise<Runtime>;
  /** Starts a runtime and returns its memory; absent where the worktime has no snapshots. Rejects as `start`. */
  makeSnapshot?(env: RuntimeEnv): Promise<Uint8Array>;
}
