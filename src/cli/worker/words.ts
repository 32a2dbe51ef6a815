/**
 * What happens to a worker, in a line for people. What strangers wrote is made harmless for the terminal.
 * @module
 */
import { isError, type WorkerEvents, type WorkerStatus } from '../../entry/worker.node.js';
import { formatCredits } from '../../entry/wallet.node.js';
import { printable } from '../../entry/texts.node.js';

const PAUSES: Record<string, string> = {
  bytes: 'the bytes of the day are used up; work goes on at midnight UTC',
  hours: 'it is outside the hours that --hours names',
};

/** The lines that both the log and the dashboard show; undefined for what is not worth one. */
export const WORDS: { [K in keyof WorkerEvents]?: (payload: WorkerEvents[K]) => string } = {
  connect: ({ url }) => `Connected to ${url}.`,
  disconnect: ({ error }) =>
    isError(error, 'EVICTED')
      ? `${printable(error.message)} Trying again in a minute.`
      : 'The connection is lost; trying again.',
  job: ({ jobId, name }) => `Working on ${name === '' ? 'a job' : printable(name)} (${jobId}).`,
  pause: ({ reason }) => `Paused: ${PAUSES[reason] ?? printable(reason)}.`,
  unpause: () => 'Going on.',
  worktime: ({ name, isOffered, reason }) =>
    isOffered
      ? `${worktimeText(name)} starts again: its jobs are taken.`
      : `warning: ${worktimeText(name)} starts no more, its jobs are left to others, and it is tried again: ${printable(reason ?? '')}`,
  warning: ({ error }) => `warning: ${printable(error.message)}`,
};

const worktimeText = (name: string): string =>
  name === 'pyodide' ? 'Python' : name === 'map-basic' ? 'JavaScript' : name;

/** What the machine has done for others. */
export function summary({ slices, failed, computeMs, earned }: WorkerStatus, isPaid: boolean): string {
  const done = slices - failed;
  const apart = failed === 0 ? '' : ` and ${failed} that failed`;
  return `${done} slice${done === 1 ? '' : 's'}${apart}, ${seconds(computeMs)} of computing, ${creditsText(earned, isPaid)}.`;
}

/** What was earned, and that nobody can claim it where no account was named. */
export const creditsText = (earned: bigint, isPaid: boolean): string =>
  `${formatCredits(earned)} credits${earned > 0n && !isPaid ? ' that nobody claims (--payment-address)' : ''}`;

export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** `1.2 MB`, in steps of a thousand. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1_000;
    unit++;
  }
  return `${unit === 0 || size >= 99.5 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** `2:03:07`, or `3:07` below an hour. */
export function durationText(ms: number): string {
  const total = Math.floor(ms / 1_000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3_600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}
