/**
 * The wire between a worker's supervisor and one sandbox (a thread, or a Web Worker in the frame), over a message
 * port with structured clone: types only. The supervisor treats every message of a sandbox as hostile.
 * @module
 */
import type { WireError } from '../../lib/errors.js';
import type { ConsoleLevel, InputPart } from './messages.js';

/** Everything a sandbox needs to run one job's slices; bytes are verified by the supervisor before. */
export interface Assignment {
  /** What the work function sees as `work.job.id`; absent where it is not told. */
  jobId?: string;
  /** The encoded job package. */
  package: Uint8Array;
  /** Blobs that the package names, by digest: work function, arguments, JobFS bundle. */
  blobs: Record<string, Uint8Array>;
  /** The exact worktime that was chosen. */
  worktime: { name: string; version: string };
  /**
   * Files that the worktime needs, by name (Pyodide's in a browser); empty where the host finds them itself, and where
   * the sandbox was warmed for this worktime.
   */
  assets: WorktimeFiles;
  /** As `warm` has it. */
  snapshot?: Uint8Array | Blob;
}

/**
 * By name; what is compiled can be posted to threads of this process only. A browser's host ships large files as blobs,
 * which no message copies, and modules as the key under which the frame hands them over.
 */
export type WorktimeFiles = Record<string, Uint8Array | WebAssembly.Module | Blob | ModuleKey>;

/** Stands for a module that comes over a port of its own, as a `ModuleMessage`. */
export interface ModuleKey {
  readonly moduleKey: string;
}

/** From a frame to a Worker in it: a compiled module, or why there is none. */
export type ModuleMessage = { key: string; module: WebAssembly.Module } | { key: string; problem: string };

export type SupervisorToSandbox =
  /**
   * Start the runtime of that worktime, for whatever job comes; at most once, and before `assign`, whose job must be
   * for the same worktime. `snapshot`: memory that the runtime may start from, as `make-snapshot` gave it.
   */
  | {
      type: 'warm';
      worktime: { name: string; version: string };
      assets: WorktimeFiles;
      snapshot?: Uint8Array | Blob;
    }
  /** Start the runtime of that worktime and give its memory; this sandbox does nothing else, ever. */
  | { type: 'make-snapshot'; worktime: { name: string; version: string }; assets: WorktimeFiles }
  | { type: 'assign'; assignment: Assignment }
  /**
   * Run these slices in order. `each`: report every slice by itself, so that the one that kills the sandbox is known.
   * Batches queue up; the sandbox runs them in order.
   */
  | { type: 'run'; batch: number; inputs: InputPart[]; each: boolean }
  /** A value that travels as a blob, which the supervisor fetched; for the batch that comes next, and it alone. */
  | { type: 'blob'; digest: string; bytes: Uint8Array }
  /**
   * There is nothing to do: answer, and let nothing run until there is. Said again, it asks whether it still can answer.
   * `nonce`: new each time, so that only who got the question can answer it.
   */
  | { type: 'rest'; nonce: string }
  /** Answer as soon as the thread is free to: one that computes is not. */
  | { type: 'ping'; nonce: string };

export type SandboxToSupervisor =
  /** `misfit`: the snapshot could not be used, and the runtime was started without it. */
  | { type: 'warmed'; misfit?: boolean }
  | { type: 'warm-failed'; error: WireError }
  | { type: 'snapshot'; bytes: Uint8Array }
  | { type: 'assigned'; misfit?: boolean }
  | { type: 'assign-failed'; error: WireError }
  /** The slice that begins; sent where `each` is set or the last sign is older than 100 ms. */
  | { type: 'begin'; sliceNumber: number }
  /**
   * Outcomes of `count` slices from `first`, always the next ones in order. `done`: the batch is at its end.
   * `computeMs` is the time in the work function.
   */
  | {
      type: 'outcomes';
      batch: number;
      first: number;
      count: number;
      segment: Uint8Array;
      computeMs: number;
      done: boolean;
    }
  /** The answer to each `rest`, with its nonce. */
  | { type: 'resting'; nonce: string }
  /** The answer to each `ping`, with its nonce. */
  | { type: 'pong'; nonce: string }
  | { type: 'progress'; sliceNumber: number; progress?: number }
  | { type: 'console'; sliceNumber: number; level: ConsoleLevel; message: string; same?: number };

/** What a sandbox says before it has a job. */
export type SetupAnswer = Extract<
  SandboxToSupervisor,
  { type: 'warmed' | 'warm-failed' | 'snapshot' | 'assigned' | 'assign-failed' }
>;
/** What a sandbox that has a job says. */
export type SaidAtWork = Exclude<
  SandboxToSupervisor,
  SetupAnswer | { type: 'resting' | 'pong'; nonce: string }
>;
