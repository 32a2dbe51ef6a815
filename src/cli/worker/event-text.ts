/**
 * Formats the events and totals of a worker as text. Control characters in untrusted text are escaped.
 * @module
 */
import { isError, type WorkerEvents, type WorkerStatus } from '../../entry/worker.node.js';
import { formatCredits } from '../../entry/wallet.node.js';
import { describeWorktime, printable } from '../../entry/texts.node.js';

const PAUSES: Record<string, string> = {
  bytes: 'the limit of bytes per day is reached; it continues at midnight UTC',
  hours: 'the current time is outside --hours',
};

/** The lines for the log and the dashboard, by event; events without one are not shown. */
export const EVENT_LINES: { [K in keyof WorkerEvents]?: (payload: WorkerEvents[K]) => string } = {
  connect: ({ url }) => `Connected to ${url}.`,
  disconnect: ({ error }) =>
    isError(error, 'EVICTED')
      ? `${printable(error.message)} Reconnecting in a minute.`
      : 'The connection is lost; reconnecting.',
  job: ({ jobId, name }) => `Working on ${name === '' ? 'a job' : printable(name)} (${jobId}).`,
  pause: ({ reason }) => `Paused: ${PAUSES[reason] ?? printable(reason)}.`,
  unpause: () => 'Resumed.',
  worktime: ({ name, isOffered, reason }) =>
    isOffered
      ? `${worktimeText(name)} can be started again: its jobs are accepted.`
      : `warning: ${worktimeText(name)} cannot be started, so its jobs are not accepted until a retry succeeds: ${printable(reason ?? '')}`,
  warning: ({ error }) => `warning: ${printable(error.message)}`,
};

const worktimeText = (name: string): string => describeWorktime(name)?.language ?? name;

/** The totals of the worker in one sentence. */
export function summary({ slices, failed, computeMs, earned }: WorkerStatus, isPaid: boolean): string {
  const done = slices - failed;
  const failedText = failed === 0 ? '' : ` and ${failed} that failed`;
  return `${done} slice${done === 1 ? '' : 's'}${failedText}, ${seconds(computeMs)} of computing, ${creditsText(earned, isPaid)}.`;
}

/** The earned credits, with a note if no payment address was set. */
export const creditsText = (earned: bigint, isPaid: boolean): string =>
  `${formatCredits(earned)} credits${earned > 0n && !isPaid ? ' without an account to claim them (--payment-address)' : ''}`;

export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A size in decimal units, for example `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1_000;
    unit++;
  }
  return `${unit === 0 || size >= 99.5 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** A duration as `2:03:07`, or `3:07` below an hour. */
export function formatDuration(ms: number): string {
  const total = Math.floor(ms / 1_000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3_600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}
