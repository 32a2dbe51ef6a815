/**
 * Handles a lost connection: notifies observers, logs it for the user of the program, and limits how long calls wait for
 * the reconnect.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { ManyhandsError } from '../../lib/errors.js';

/** How long a call waits for a connection by default (option of `init`), milliseconds. */
export const CONNECT_TIMEOUT_MS_DEFAULT = 30_000;

/** A disconnect is logged only if it lasts longer than this, milliseconds. */
const LOG_AFTER_MS = 2_000;

export interface ConnectionObserver {
  /** The connection was lost; reconnecting has begun. */
  disconnected(error: Error): void;
  /** Connected again, after `downMs` milliseconds. */
  reconnected(downMs: number): void;
  /** Whether the user listens to connection events, so that nothing need be logged. */
  isHandled(): boolean;
}

export interface OutageOptions {
  clock: Clock;
  /** The scheduler's address, for messages. */
  url: string;
  connectTimeoutMs: number;
  /** Prints for the user of the program; absent: nothing is printed. */
  warn?: (text: string) => void;
}

export class Outage {
  readonly #options: OutageOptions;
  readonly #observers = new Set<ConnectionObserver>();
  /** Calls that wait for a connection: functions that start and stop their timeout. */
  readonly #waiting = new Set<{ start(): void; stop(): void }>();
  #sinceMs: number | undefined;
  #isLogged = false;
  #cancelLog: CancelTimer | undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  observe(observer: ConnectionObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  disconnected(error: Error): void {
    if (this.#sinceMs !== undefined) return;
    const { clock } = this.#options;
    this.#sinceMs = clock.monotonicMs();
    for (const one of this.#waiting) one.start();
    this.#cancelLog = clock.after(LOG_AFTER_MS, () => this.#log(error), { background: true });
    for (const one of [...this.#observers]) one.disconnected(error);
  }

  reconnected(): void {
    if (this.#sinceMs === undefined) return;
    const downMs = this.#options.clock.monotonicMs() - this.#sinceMs;
    this.end();
    for (const one of [...this.#observers]) one.reconnected(downMs);
    if (!this.#isLogged) return;
    this.#isLogged = false;
    const seconds = Math.round(downMs / 1000);
    this.#options.warn?.(`manyhands: connected to ${this.#options.url} again after ${seconds} s.`);
  }

  /** Connected again, or the connection is not needed any more. */
  end(): void {
    this.#sinceMs = undefined;
    this.#cancelLog?.();
    for (const one of this.#waiting) one.stop();
  }

  /** A signal that aborts when the first connection takes longer than `connectTimeoutMs`. */
  connectTimeout(): AbortSignal {
    const abort = new AbortController();
    const { clock, connectTimeoutMs } = this.#options;
    clock.after(connectTimeoutMs, () => abort.abort(), { background: true });
    return abort.signal;
  }

  /**
   * Runs `call` with a signal that aborts after `connectTimeoutMs` without a connection, or when `signal` aborts.
   * @throws CONNECT_FAILED where the connection was missing for too long
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

  #log(error: Error): void {
    if ([...this.#observers].some((one) => one.isHandled())) return;
    this.#isLogged = true;
    const { url, warn } = this.#options;
    warn?.(
      `manyhands: the connection to ${url} is lost (${error.message}); trying again. Jobs go on without it.`,
    );
  }
}
