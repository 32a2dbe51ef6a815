/**
 * A connection that is lost: who is told, when it is said to whoever runs the program, and how long a call waits for
 * it to come back.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';

/** How long a call waits for a connection where `init` says nothing, milliseconds. */
export const CONNECT_TIMEOUT_MS_DEFAULT = 30_000;

/** A connection that comes back sooner is not worth a line. */
const SAY_AFTER_MS = 2_000;

export interface ConnectionObserver {
  /** It was lost, and is being made anew. */
  lost(error: Error): void;
  /** It is there again, after so many milliseconds. */
  back(downMs: number): void;
  /** Whether somebody is told by events, so that nothing need be printed. */
  isHeard(): boolean;
}

export interface OutageOptions {
  clock: Clock;
  /** The scheduler's address, for messages. */
  url: string;
  connectTimeoutMs: number;
  warn: (text: string) => void;
}

export class Outage {
  readonly #options: OutageOptions;
  readonly #observers = new Set<ConnectionObserver>();
  /** Those that wait for a connection, with what starts and stops their time. */
  readonly #waiting = new Set<{ start(): void; stop(): void }>();
  #sinceMs: number | undefined;
  #isSaid = false;
  #cancelSaying: CancelTimer | undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  observe(observer: ConnectionObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  lost(error: Error): void {
    if (this.#sinceMs !== undefined) return;
    const { clock } = this.#options;
    this.#sinceMs = clock.monotonicMs();
    for (const one of this.#waiting) one.start();
    this.#cancelSaying = clock.after(SAY_AFTER_MS, () => this.#say(error), { background: true });
    for (const one of [...this.#observers]) one.lost(error);
  }

  back(): void {
    if (this.#sinceMs === undefined) return;
    const downMs = this.#options.clock.monotonicMs() - this.#sinceMs;
    this.over();
    for (const one of [...this.#observers]) one.back(downMs);
    if (!this.#isSaid) return;
    this.#isSaid = false;
    const seconds = Math.round(downMs / 1000);
    this.#options.warn(`manyhands: connected to ${this.#options.url} again after ${seconds} s.`);
  }

  /** There is a connection again, or none is wanted any more. */
  over(): void {
    this.#sinceMs = undefined;
    this.#cancelSaying?.();
    for (const one of this.#waiting) one.stop();
  }

  /**
   * Does `call`, whose signal aborts when there was no connection for too long, or when `signal` does.
   * @throws CONNECT_FAILED
   */
  async limit<T>(signal: AbortSignal | undefined, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, connectTimeoutMs, url } = this.#options;
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    let cancel: CancelTimer | undefined;
    let failed: ManyhandsError | undefined;
    const giveUp = (): void => {
      const text = `There was no connection to the scheduler at ${url} for ${connectTimeoutMs} ms.`;
      failed = new ManyhandsError('CONNECT_FAILED', text, { url });
      abort.abort(failed);
    };
    const waiter = {
      start: (): void => void (cancel = clock.after(connectTimeoutMs, giveUp)),
      stop: (): void => cancel?.(),
    };
    this.#waiting.add(waiter);
    if (this.#sinceMs !== undefined) waiter.start();
    try {
      return await call(abort.signal);
    } catch (error) {
      throw failed ?? error;
    } finally {
      waiter.stop();
      this.#waiting.delete(waiter);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #say(error: Error): void {
    if ([...this.#observers].some((one) => one.isHeard())) return;
    this.#isSaid = true;
    const { url, warn } = this.#options;
    warn(
      `manyhands: the connection to ${url} is lost (${error.message}); trying again. Jobs go on without it.`,
    );
  }
}
