/**
 * The advice for a connection that failed because no scheduler answers: start one, or name another.
 * @module
 */
import { isError } from '../lib/errors.js';

/** Reasons of CONNECT_FAILED that another address or a started scheduler would resolve; others explain themselves. */
const NO_SCHEDULER_REASONS: readonly unknown[] = ['refused', 'no-answer', undefined];

/** Whether `error` means that no scheduler answers at the address. */
export function isNoScheduler(error: unknown): boolean {
  if (!isError(error, 'CONNECT_FAILED')) return false;
  // HTTP 503 means that the scheduler is running and has no connection left.
  return NO_SCHEDULER_REASONS.includes(error.info.reason) && !error.message.includes('HTTP 503');
}

/** What to do about it; `option` is how the caller of this interface names a scheduler. */
export function noSchedulerText(url: string, option: string): string {
  return (
    `No scheduler answers at ${url}. Start one with 'npx manyhands scheduler', or name another with ` +
    `${option} or MANYHANDS_SCHEDULER.`
  );
}
