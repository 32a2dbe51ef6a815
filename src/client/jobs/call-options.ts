/**
 * The options of every call that waits for the scheduler.
 * @module
 */
import { checkSignal } from '../../lib/abortable.js';
import { readOptions } from '../../lib/options.js';

export interface CallOptions {
  /** Stops waiting: the call then rejects with `ABORTED`, or `TIMEOUT` for `AbortSignal.timeout(ms)`. */
  signal?: AbortSignal | undefined;
}

/** @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export function readCall(options: unknown, where: string): CallOptions {
  const { signal } = readOptions<CallOptions>(options, where, { signal: true });
  return { signal: checkSignal(signal) };
}
