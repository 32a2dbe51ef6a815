/**
 * Time as a port: real code takes a `Clock`, so that the simulator can own time.
 * Monotonic time measures durations; wall time stamps records and deadlines that outlive a process.
 * @module
 */

/** Cancels a timer; safe to call twice. */
export type CancelTimer = () => void;

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Calls `fn` once after `delayMs`. The timer does not keep a process alive when `background` is set. */
  after(delayMs: number, fn: () => void, options?: { background?: boolean }): CancelTimer;
}

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
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

/** The clock of the machine; made in entry points only. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, fn, options) {
    const timer = setTimeout(fn, delayMs) as unknown as number | { unref?(): void };
    if (options?.background && typeof timer === 'object') timer.unref?.();
    return () => clearTimeout(timer as never);
  },
};
