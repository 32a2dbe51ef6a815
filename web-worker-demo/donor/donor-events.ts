/**
 * What the donor's page shows of a donor: the phase it is in, what is given, and what happened, as keys of the message
 * table, so that a change of language changes the past too.
 * @module
 */
import type { JobInfo, SandboxStatus } from 'manyhands/worker';
import type { Values } from '../i18n/translate.js';
import type { MessageKey } from '../i18n/en.js';
import type { PauseReason } from './conditions.js';
import type { Ledger } from './ledger-watch.js';
import type { Totals } from './totals.js';

/**
 * `offline`: no connection could be made yet, tried again by itself. `lost`: there was one. `finishing`: what runs is
 * finished, and then it stops. `stopped` and `failed` are ends; the donor can start again.
 */
export type Phase =
  | 'idle'
  | 'connecting'
  | 'offline'
  | 'connected'
  | 'working'
  | 'paused'
  | 'lost'
  | 'finishing'
  | 'stopping'
  | 'stopped'
  | 'failed';

/**
 * `bytes`: the day's data is used up. `hours`: it is outside the hours of the day. `snooze`: the donor wanted a pause.
 * `site`: the site around the page asks for other jobs than were agreed to.
 */
export type RestReason = PauseReason | 'bytes' | 'hours' | 'snooze' | 'site';

export type Tone = 'plain' | 'good' | 'wait' | 'bad';

export interface LogEntry {
  key: MessageKey;
  values?: Values;
  tone?: Tone;
  /** What was said to programmers; for who wants to know. */
  detail?: string;
}

/** An entry of the log as it is kept, with its time in milliseconds since 1970. */
export type SavedEntry = LogEntry & { atMs: number };

/** What was done for one job since the page was opened. */
export interface JobSums {
  /** With those that failed. */
  slices: number;
  /** Slices whose outcome is an error of the job. */
  failed: number;
  /** Milliseconds. */
  computeMs: number;
  /** When it was first met in this visit, milliseconds since 1970. */
  sinceMs: number;
}

export interface DonorStatus {
  phase: Phase;
  pausedBy: readonly RestReason[];
  /** What ended it, in the phase `failed`. */
  failure: { code: string | undefined; entry: LogEntry } | undefined;
  /** When the next try to connect begins, milliseconds since 1970; in the phase `offline`. */
  retryAtMs: number | undefined;
  /** Since this page was opened. */
  visit: Totals;
  /** In all visits with this browser. */
  all: Totals;
  bytesToday: number;
  /** Sandboxes that have a job. */
  sandboxes: SandboxStatus[];
  /** Sandboxes that may work at a time. */
  cores: number;
  /** By the job's id. */
  jobs: ReadonlyMap<string, JobSums>;
  /** What the scheduler said last of the jobs that run, by their ids. */
  infos: ReadonlyMap<string, JobInfo>;
  /** What the ledger said last of the account that is paid. */
  ledger: Ledger | undefined;
  /** Units that the ledger booked for who is paid since this page was opened. */
  earned: bigint;
}

/** Whether a worker lives in that phase, or is being made. */
export function isRunning(phase: Phase): boolean {
  return !['idle', 'stopped', 'failed', 'stopping'].includes(phase);
}
