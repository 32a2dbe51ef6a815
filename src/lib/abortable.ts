/**
 * Promises that a caller can abort by an AbortSignal.
 * @module
 */
import { ManyhandsError } from './errors.js';
import { describeValue } from './options.js';

/** Returns `signal` where it is an AbortSignal or undefined. @throws INVALID_ARGUMENT */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  const text = `signal must be an AbortSignal; got ${describeValue(signal)}.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'signal' });
}

/** An error `TIMEOUT` for a signal of `AbortSignal.timeout`, `ABORTED` for others; its cause is the signal's reason. */
export function abortError(what: string, signal: AbortSignal): ManyhandsError {
  const reason: unknown = signal.reason;
  const isTimeout = reason instanceof Error && reason.name === 'TimeoutError';
  const text = isTimeout
    ? `${what} took longer than its signal allows.`
    : `${what} was aborted by its signal.`;
  return new ManyhandsError(isTimeout ? 'TIMEOUT' : 'ABORTED', text, {}, { cause: reason });
}

/** Settles as `promise` does, or rejects as soon as `signal` aborts. @throws ABORTED, TIMEOUT */
export function abortable<T>(what: string, promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortError(what, signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
