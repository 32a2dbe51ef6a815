/**
 * Time as a port: code takes a `Clock`, so that the simulator can control time. Monotonic time is for durations, wall time
 * for records and deadlines that outlive a process.
 * @module
 */

/** Cancels a timer; a second call does nothing. */
export type CancelTimer = () => void;

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
  /** Milliseconds since an arbitrary moment; never decreases. */
  monotonicMs(): number;
  /** Calls `fn` once after `delayMs`. With `background` the timer does not keep the process running. */
  after(delayMs: number, fn: () => void, options?: { background?: boolean }): CancelTimer;
}

/** Resolves after `ms`, or rejects with the signal's reason if it aborts before. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      cancel();
      reject(signal!.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The clock of the machine; used in entry points only. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, fn, options) {
    const timer = setTimeout(fn, delayMs) as unknown as number | { unref?(): void };
    if (options?.background && typeof timer === 'object') timer.unref?.();
    return () => clearTimeout(timer as never);
  },
};
