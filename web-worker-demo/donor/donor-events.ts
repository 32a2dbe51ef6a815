/**
 * What the page shows of a donor: its phase, its totals and its log. Log entries are keys of the message table, so that
 * a change of language applies to old entries too.
 * @module
 */
import type { JobInfo, SandboxStatus } from 'manyhands/worker';
import type { Values } from '../i18n/translate.js';
import type { MessageKey } from '../i18n/en.js';
import type { ConditionReason } from './conditions.js';
import type { Ledger } from './ledger-watch.js';
import type { Totals } from './totals.js';

/**
 * `offline`: not connected yet, retried automatically. `lost`: the connection broke. `finishing`: running slices are
 * finished, then it stops. `stopped` and `failed` are final; the donor can start again.
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
 * `bytes`: the day's data is used up. `hours`: outside the chosen hours. `snooze`: the donor chose a pause. `site`: the
 * site around the page requests other jobs than the visitor agreed to.
 */
export type PauseReason = ConditionReason | 'bytes' | 'hours' | 'snooze' | 'site';

export type Tone = 'plain' | 'good' | 'wait' | 'bad';

export interface LogEntry {
  key: MessageKey;
  values?: Values;
  tone?: Tone;
  /** The technical message, shown as a tooltip. */
  detail?: string;
}

/** An entry of the log as it is stored, with its time in milliseconds since 1970. */
export type SavedEntry = LogEntry & { atMs: number };

/** What was done for one job since the page was opened. */
export interface JobSums {
  /** With those that failed. */
  slices: number;
  /** Slices whose outcome is an error of the job. */
  failed: number;
  /** Milliseconds. */
  computeMs: number;
  /** When the job first came in this visit, milliseconds since 1970. */
  sinceMs: number;
}

export interface DonorStatus {
  phase: Phase;
  pausedBy: readonly PauseReason[];
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
  /** The scheduler's last information on the running jobs, by their ids. */
  infos: ReadonlyMap<string, JobInfo>;
  /** The ledger's last information on the account that is paid. */
  ledger: Ledger | undefined;
  /** Units that the paid account earned since this page was opened. */
  earned: bigint;
}

/** Whether there is a worker in that phase, or one is being created. */
export function isRunning(phase: Phase): boolean {
  return !['idle', 'stopped', 'failed', 'stopping'].includes(phase);
}
