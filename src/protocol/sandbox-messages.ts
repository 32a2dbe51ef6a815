/**
 * The wire between a worker's supervisor and one sandbox (a thread, or a Web Worker in the frame), over a message
 * port with structured clone: types only. The supervisor treats every message of a sandbox as hostile.
 * @module
 */
import type { WireError } from '../lib/errors.js';
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
  /** Files that the worktime needs, by name (Pyodide's in a browser); empty where the host finds them itself. */
  assets: Record<string, Uint8Array>;
}

export type SupervisorToSandbox =
  | { type: 'assign'; assignment: Assignment }
  /**
   * Run these slices in order. `each`: report every slice by itself, so that the one that kills the sandbox is known.
   * Batches queue up; the sandbox runs them in order.
   */
  | { type: 'run'; batch: number; inputs: InputPart[]; each: boolean }
  /** A value that travels as a blob, which the supervisor fetched; for the batch that comes next, and it alone. */
  | { type: 'blob'; digest: string; bytes: Uint8Array };

export type SandboxToSupervisor =
  | { type: 'assigned' }
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
  | { type: 'progress'; sliceNumber: number; progress?: number }
  | { type: 'console'; sliceNumber: number; level: ConsoleLevel; message: string; same?: number };
