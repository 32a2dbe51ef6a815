/**
 * What a worktime's runtime is to the sandbox: it takes one job and gives back a function to call once a slice.
 * @module
 */
import type { JobPackage } from '../../protocol/job/job-package.js';
import type { ConsoleLevel } from '../../protocol/messages/messages.js';

/** One entry of a job's files, by absolute path. */
export type JobFileEntry = { kind: 'file'; bytes: Uint8Array } | { kind: 'directory' };

/** What the work function may tell while it runs; each call concerns the slice at work. */
export interface SliceVoice {
  console(level: ConsoleLevel, text: string): void;
  /** As `progress()` of a work function: a fraction, a text such as '50%', or nothing. Always true. */
  progress(value?: unknown): true;
}

/** One job, unpacked. */
export interface JobContext {
  /** Empty where the work function is bytes. */
  readonly source: string;
  readonly sourceBytes: Uint8Array;
  readonly sourceKind: JobPackage['sourceKind'];
  /** How a WebAssembly module is called. */
  readonly wasm?: JobPackage['wasm'];
  /** The worktime that the job brought along. */
  readonly customWorktime?: { readonly name: string; readonly version: string; readonly source: string };
  /** After the datum. */
  readonly args: readonly unknown[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; where relative paths start. */
  readonly cwd: string;
  readonly files: ReadonlyMap<string, JobFileEntry>;
  readonly public: Readonly<JobPackage['public']>;
  readonly jobId?: string;
  readonly voice: SliceVoice;
}

/** What came of the first slices of a chunk, in order; an entry of `errors` stands for its slice's result. */
export interface ChunkOutcome {
  readonly results: readonly unknown[];
  readonly errors: ReadonlyMap<number, Error>;
}

/** A runtime's own loop over cheap slices, where going in and out for each would cost more than they do. */
export interface ChunkCaller {
  /** Whether the work function's results can be taken many at a time, as far as is known. */
  readonly suits: boolean;
  /** Runs as many as it can, at least none; what it leaves goes by `call`. */
  run(data: unknown[]): ChunkOutcome;
  /** The one of `data` that is at work now, while `run` is. */
  at(): number;
}

/** A compiled work function. */
export interface WorkFunction {
  /** The result, or a thenable of it; throws what the user's code threw. Called without a `this`. */
  readonly call: (this: void, datum: unknown) => unknown;
  /** Absent where slices are called one by one. */
  readonly chunks?: ChunkCaller;
  /** What was thrown, as an error that speaks of the user's source only. */
  explain(thrown: unknown): Error;
  /** Called after each slice whose output may be incomplete; absent where nothing is held back. */
  readonly endSlice?: (this: void) => void;
}

/** How a runtime may be started. */
export interface RuntimeStart {
  /** Memory that it may start from; where that does not fit, it starts without and says so. */
  readonly snapshot?: Uint8Array | Blob;
}

export interface Runtime {
  /** Set where it was given a snapshot and had to start without. */
  readonly misfit?: boolean;
  /** Throws a ManyhandsError: WORK_FUNCTION_INVALID, or ASSIGN_FAILED. */
  prepare(job: JobContext): Promise<WorkFunction>;
}
