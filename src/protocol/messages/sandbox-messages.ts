/**
 * The messages between a worker's supervisor and one sandbox (a thread, or a Web Worker in the frame), over a message
 * port with structured clone: types only. The supervisor trusts no message of a sandbox.
 * @module
 */
import type { WireError } from '../../lib/errors.js';
import type { ConsoleLevel, InputPart } from './messages.js';

/** Everything a sandbox needs to run one job's slices. The supervisor has verified all bytes. */
export interface Assignment {
  /** The value of `work.job.id`; absent where the job's id is not known. */
  jobId?: string;
  /** The encoded job package. */
  package: Uint8Array;
  /** Blobs that the package names, by digest: work function, arguments, JobFS bundle. */
  blobs: Record<string, Uint8Array>;
  /** The exact version that was chosen. */
  worktime: { name: string; version: string };
  /**
   * Files of the worktime by name (Pyodide's in a browser); empty where the host reads them itself, and where the sandbox
   * was started by `warm` for this worktime.
   */
  assets: WorktimeFiles;
  /** As in `warm`. */
  snapshot?: Uint8Array | Blob;
}

/**
 * Files by name. A compiled module can be posted to threads of this process only. A browser's host sends large files as
 * blobs, which are not copied with the message, and modules as the key under which the frame sends them.
 */
export type WorktimeFiles = Record<string, Uint8Array | WebAssembly.Module | Blob | ModuleKey>;

/** Placeholder for a module that is sent over a separate port, as a `ModuleMessage`. */
export interface ModuleKey {
  readonly moduleKey: string;
}

/** From a frame to a Worker in it: a compiled module, or why there is none. */
export type ModuleMessage = { key: string; module: WebAssembly.Module } | { key: string; problem: string };

export type SupervisorToSandbox =
  /**
   * Start the runtime of that worktime before the job is known. At most once, and before `assign`, whose job must have
   * the same worktime. `snapshot`: memory that the runtime may start from, made by `make-snapshot`.
   */
  | {
      type: 'warm';
      worktime: { name: string; version: string };
      assets: WorktimeFiles;
      snapshot?: Uint8Array | Blob;
    }
  /** Start the runtime of that worktime and send a snapshot of its memory; this sandbox is used for nothing else. */
  | { type: 'make-snapshot'; worktime: { name: string; version: string }; assets: WorktimeFiles }
  | { type: 'assign'; assignment: Assignment }
  /**
   * Run these slices in order. `reportEach`: report every slice by itself, so that the one that kills the sandbox is known.
   * Batches are queued; the sandbox runs them in order.
   */
  | { type: 'run'; batch: number; inputs: InputPart[]; reportEach: boolean }
  /** The bytes of a blob in the input of the next batch, and of that batch only. */
  | { type: 'blob'; digest: string; bytes: Uint8Array }
  /**
   * There is no work: stop all activity until there is, and answer `quiesced`. Sent again, it checks that the sandbox can
   * still answer. `nonce`: new each time, so that no answer can be sent in advance.
   */
  | { type: 'quiesce'; nonce: string }
  /** Answer with `pong` as soon as the thread is idle: while it computes it cannot. */
  | { type: 'ping'; nonce: string };

export type SandboxToSupervisor =
  /** `incompatible`: the snapshot could not be used, and the runtime was started without it. */
  | { type: 'warmed'; incompatible?: boolean }
  | { type: 'warm-failed'; error: WireError }
  | { type: 'snapshot'; bytes: Uint8Array }
  | { type: 'assigned'; incompatible?: boolean }
  | { type: 'assign-failed'; error: WireError }
  /** The slice that begins; sent where `reportEach` is set or the last message is older than 100 ms. */
  | { type: 'begin'; sliceNumber: number }
  /**
   * Outcomes of `count` slices from `first`, always the next in order. `done`: these are the last of the batch.
   * `computeMs`: milliseconds in the work function.
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
  /** The answer to each `quiesce`, with its nonce. */
  | { type: 'quiesced'; nonce: string }
  /** The answer to each `ping`, with its nonce. */
  | { type: 'pong'; nonce: string }
  | { type: 'progress'; sliceNumber: number; progress?: number }
  | { type: 'console'; sliceNumber: number; level: ConsoleLevel; message: string; same?: number };

/** What a sandbox sends before it has a job. */
export type SetupReply = Extract<
  SandboxToSupervisor,
  { type: 'warmed' | 'warm-failed' | 'snapshot' | 'assigned' | 'assign-failed' }
>;
/** What a sandbox that has a job sends by itself. */
export type JobMessage = Exclude<
  SandboxToSupervisor,
  SetupReply | { type: 'quiesced' | 'pong'; nonce: string }
>;
