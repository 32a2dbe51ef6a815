/**
 * The messages between a worker's supervisor and one sandbox (a thread, or a Web Worker in the frame), over a message
 * port with structured clone. The supervisor trusts no message of a sandbox: those are declared as checks.
 * @module
 */
import {
  CHECKPOINT_BYTES_MAX,
  CONSOLE_BYTES_PER_SLICE_MAX,
  ERROR_TEXT_LENGTH_MAX,
  EVENT_BYTES_MAX,
  LEASE_SLICES_MAX,
  REASON_LENGTH_MAX,
  SEGMENT_BYTES_MAX,
  SNAPSHOT_BYTES_MAX,
  VALUE_BYTES_MAX,
} from '../limits.js';
import type { Check, Infer } from '../schema/check.js';
import { object, optional, refine, tagged } from '../schema/composites.js';
import { boolean, bytes, integer, number, oneOf, text, truncatedText } from '../schema/scalars.js';
import { consoleLevel, durationMs, name, sliceNumber } from './fields.js';
import type { InputPart } from './inputs.js';

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
  | {
      type: 'run';
      batch: number;
      inputs: InputPart[];
      reportEach: boolean;
      /** What an earlier attempt at one of these slices stored. */
      checkpoint?: { sliceNumber: number; state: Uint8Array };
    }
  /** The answer to `checkpoint`: whether the scheduler has stored it. */
  | { type: 'checkpointed'; sliceNumber: number; saved: boolean }
  /** The bytes of a blob in the input of the next batch, and of that batch only. */
  | { type: 'blob'; digest: string; bytes: Uint8Array }
  /**
   * There is no work: stop all activity until there is, and answer `quiesced`. Sent again, it checks that the sandbox can
   * still answer. `nonce`: new each time, so that no answer can be sent in advance.
   */
  | { type: 'quiesce'; nonce: string }
  /** Answer with `pong` as soon as the thread is idle: while it computes it cannot. */
  | { type: 'ping'; nonce: string };

/** Maximum overhead of a segment with one value of the largest size, bytes. */
const SEGMENT_OVERHEAD_BYTES = 1_024;
/** Outcomes of one slice; those of several slices fit into `SEGMENT_BYTES_MAX`. */
const OUTCOMES_BYTES_MAX = VALUE_BYTES_MAX + SEGMENT_OVERHEAD_BYTES;
const CODE_LENGTH_MAX = 64;
const NONCE_LENGTH_MAX = 64;

/** Bytes of which no other thread has a view: shared memory could change after the check. */
const ownBytes = (max: number, min = 0): Check<Uint8Array> =>
  refine(bytes(max, min), ({ buffer }) => buffer instanceof ArrayBuffer, 'bytes that are not shared');

/** A text that is too long is truncated: job code may cause it. */
const setupFailed = object({
  code: truncatedText(CODE_LENGTH_MAX),
  message: truncatedText(ERROR_TEXT_LENGTH_MAX),
});
const positive = integer(1);
const started = {
  /** The snapshot could not be used, and the runtime was started without it. */
  incompatible: optional(boolean),
};
const nonce = text(NONCE_LENGTH_MAX);

const SANDBOX_MESSAGES = {
  /** The answer to `warm`. */
  warmed: object({ type: oneOf('warmed'), ...started }),
  'warm-failed': object({ type: oneOf('warm-failed'), error: setupFailed }),
  /** The answer to `make-snapshot`. */
  snapshot: object({ type: oneOf('snapshot'), bytes: ownBytes(SNAPSHOT_BYTES_MAX) }),
  /** The answer to `assign`. */
  assigned: object({ type: oneOf('assigned'), ...started }),
  'assign-failed': object({ type: oneOf('assign-failed'), error: setupFailed }),
  /** The slice that begins; sent where `reportEach` is set or the last message is older than 100 ms. */
  begin: object({ type: oneOf('begin'), sliceNumber }),
  /** Outcomes of `count` slices from `first`, always the next in order. */
  outcomes: refine(
    object({
      type: oneOf('outcomes'),
      batch: positive,
      first: sliceNumber,
      count: integer(1, LEASE_SLICES_MAX),
      segment: ownBytes(OUTCOMES_BYTES_MAX),
      /** Milliseconds in the work function. */
      computeMs: durationMs,
      /** Whether these are the last of the batch. */
      done: boolean,
    }),
    (fields) => fields.count === 1 || fields.segment.byteLength <= SEGMENT_BYTES_MAX,
    `outcomes of at most ${SEGMENT_BYTES_MAX} bytes, where they are of several slices`,
  ),
  /** The answer to each `quiesce`, with its nonce. */
  quiesced: object({ type: oneOf('quiesced'), nonce }),
  /** The answer to each `ping`, with its nonce. */
  pong: object({ type: oneOf('pong'), nonce }),
  progress: object({ type: oneOf('progress'), sliceNumber, progress: optional(number(0, 1)) }),
  /** The running slice emits an event. */
  event: object({ type: oneOf('event'), sliceNumber, name, value: ownBytes(EVENT_BYTES_MAX, 1) }),
  /** The state of the running slice, to be stored. Answered by `checkpointed`; one at a time. */
  checkpoint: object({ type: oneOf('checkpoint'), sliceNumber, state: ownBytes(CHECKPOINT_BYTES_MAX, 1) }),
  /** The work function gives the next slice of the batch back. The sandbox runs nothing more. */
  rejected: object({
    type: oneOf('rejected'),
    batch: positive,
    sliceNumber,
    reason: truncatedText(REASON_LENGTH_MAX),
  }),
  console: object({
    type: oneOf('console'),
    sliceNumber,
    level: consoleLevel,
    message: truncatedText(CONSOLE_BYTES_PER_SLICE_MAX),
    same: optional(positive),
  }),
};

export const sandboxMessage = tagged('type', SANDBOX_MESSAGES);
export type SandboxToSupervisor = Infer<typeof sandboxMessage>;

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
