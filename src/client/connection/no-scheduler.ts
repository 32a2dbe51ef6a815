/**
 * The advice for a connection that failed because no scheduler answers: start one, or name another.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';

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

/** The error of a first connection, with the advice where no scheduler answers or none did in time. */
export function withConnectAdvice(error: unknown, url: string, option: string): unknown {
  const isLate = isError(error, 'ABORTED') || isError(error, 'TIMEOUT');
  if (!isLate && !isNoScheduler(error)) return error;
  const reason = isLate ? 'no-answer' : (error as ManyhandsError<'CONNECT_FAILED'>).info.reason;
  return new ManyhandsError(
    'CONNECT_FAILED',
    noSchedulerText(url, option),
    { url, reason },
    { cause: error },
  );
}
