/**
 * What the donor's page shows of a donor: the phase it is in, what is given, and what happened, as keys of the message
 * table, so that a change of language changes the past too.
 * @module
 */
import type { SandboxStatus } from 'manyhands/worker';
import type { MessageKey, Values } from '../i18n/translate.js';
import type { PauseReason } from './conditions.js';
import type { Totals } from './totals.js';

/**
 * `offline`: no connection could be made yet, tried again by itself. `lost`: there was one. `stopped` and `failed` are
 * ends; the donor can start again.
 */
export type Phase =
  | 'idle'
  | 'connecting'
  | 'offline'
  | 'connected'
  | 'working'
  | 'paused'
  | 'lost'
  | 'stopping'
  | 'stopped'
  | 'failed';

/** `bytes`: the day's data is used up. `site`: the site around the page asks for other jobs than were agreed to. */
export type RestReason = PauseReason | 'bytes' | 'site';

export type Tone = 'plain' | 'good' | 'wait' | 'bad';

export interface LogEntry {
  key: MessageKey;
  values?: Values;
  tone?: Tone;
  /** What was said to programmers; for who wants to know. */
  detail?: string;
}

/** What was done for one job since the page was opened. */
export interface JobSums {
  slices: number;
  /** Milliseconds. */
  computeMs: number;
}

export interface DonorStatus {
  phase: Phase;
  pausedBy: readonly RestReason[];
  /** Since this page was opened. */
  visit: Totals;
  /** In all visits with this browser. */
  all: Totals;
  bytesToday: number;
  /** Sandboxes that have a job. */
  sandboxes: SandboxStatus[];
  /** By the job's id. */
  jobs: ReadonlyMap<string, JobSums>;
}

/** Whether a worker lives in that phase, or is being made. */
export function isRunning(phase: Phase): boolean {
  return !['idle', 'stopped', 'failed', 'stopping'].includes(phase);
}
