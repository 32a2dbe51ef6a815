/**
 * What a worker tells its owner, each event with one object; and the numbers that a page shows.
 * @module
 */
import type { Address, ConsoleLevel, JobId } from '../protocol/messages.js';

/** What a job says of itself to those who lend it a machine. */
export interface JobPublic {
  name: string;
  description: string;
  link: string;
}

/** `opening`: being set up; `ready`: at work; `idle`: kept, in case that more of its job comes; `ended`: gone. */
export type SandboxPhase = 'opening' | 'ready' | 'idle' | 'ended';

export interface WorkerEvents {
  /** Connected for the first time. */
  start: Record<string, never>;
  /** Everything is handed back or reported, and closed. */
  stop: Record<string, never>;
  connect: { url: string };
  /** The connection is lost; it is made again by itself. */
  disconnect: { error?: Error };
  /** Work came: slices `first` to `first + count - 1`. */
  fetch: { jobId: JobId; first: number; count: number };
  /** A job that this worker had not met. */
  job: { jobId: JobId } & JobPublic;
  /** `sandbox` is the sandbox's number on this worker, from 0. */
  sandbox: { sandbox: number; jobId: JobId; public?: JobPublic; state: SandboxPhase };
  /** A slice began; told for slices that take a while, not for each of thousands. */
  slice: { sandbox: number; jobId: JobId; sliceNumber: number };
  /** `progress` from 0 to 1 where the slice said. */
  progress: { sandbox: number; jobId: JobId; sliceNumber: number; progress?: number };
  console: {
    sandbox: number;
    jobId: JobId;
    sliceNumber: number;
    level: ConsoleLevel;
    message: string;
    same?: number;
  };
  /** The scheduler has taken the outcomes of these slices. `computeMs` is their time in the work function. */
  result: { jobId: JobId; first: number; count: number; computeMs: number };
  /** Slices `first` to `first + count - 1` went back to the scheduler, uncharged. */
  return: { jobId: JobId; first: number; count: number; reason: string };
  /** `amount` in units (1 credit = 10^9 units). */
  payment: { jobId: JobId; amount: bigint };
  /** A reason to rest came, or went; the worker rests while there is one. */
  pause: { reason: string };
  unpause: { reason: string };
  /** Bytes down and up since midnight UTC; told once a second at most. */
  bytes: { bytesToday: number };
  /** Something failed that the worker deals with by itself. */
  warning: { error: Error };
  /** The worker cannot go on. */
  error: { error: Error };
}

/** A worker in numbers, since its start. */
export interface WorkerStatus {
  slices: number;
  /** Time in work functions, milliseconds, all sandboxes together. */
  computeMs: number;
  /** Units earned. */
  earned: bigint;
  /** Bytes down and up since midnight UTC. */
  bytesToday: number;
  sandboxes: SandboxStatus[];
}

export interface SandboxStatus {
  /** From 0. */
  sandbox: number;
  state: 'none' | SandboxPhase;
  jobId?: JobId;
  /** Whose job it is. */
  owner?: Address;
  public?: JobPublic;
  /** The slice at work, where it is known. */
  sliceNumber?: number;
  /** From 0 to 1, where the slice at work said. */
  progress?: number;
}
