/**
 * Whether the store accepts commits, judged by the latest ones: for `/healthz`, and logged once on each change.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import type { Log } from '../log/log.js';
import { isStoreFailure } from '../store/port/store-failure.js';

/** `silent`: a commit has been running for longer than `SILENT_MS`. */
export type StoreState = 'ok' | 'busy' | 'full' | 'failed' | 'silent';

export interface StoreReport {
  state: StoreState;
  /** How long it has not been `ok`, milliseconds. */
  forMs?: number;
}

/** The store counts as silent when a commit takes longer, milliseconds. */
const SILENT_MS = 5_000;

export class StoreHealth {
  readonly #clock: Clock;
  readonly #log: Log;
  #state: StoreState = 'ok';
  #sinceMs = 0;
  #startedMs: number | undefined;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** How long commits have been failing, milliseconds; 0 when they succeed. */
  get failingMs(): number {
    return this.#state === 'ok' ? 0 : this.#clock.monotonicMs() - this.#sinceMs;
  }

  /** A commit starts. */
  commitStarted(): void {
    this.#startedMs = this.#clock.monotonicMs();
  }

  /** The commit has ended, with success or not. */
  commitEnded(): void {
    this.#startedMs = undefined;
  }

  /** The store accepted all commands. */
  succeeded(): void {
    if (this.#state === 'ok') return;
    this.#log('info', 'store works again', { forMs: Math.round(this.failingMs) });
    this.#state = 'ok';
  }

  /** The store could not accept a command. */
  failed(error: unknown): void {
    const state = stateOf(error);
    if (this.#state === 'ok') this.#sinceMs = this.#clock.monotonicMs();
    if (this.#state !== state) {
      const { message, info } = error as { message?: string; info?: { reason?: unknown } };
      this.#log('error', 'store accepts no commits', { state, message, reason: info?.reason });
    }
    this.#state = state;
  }

  report(): StoreReport {
    const nowMs = this.#clock.monotonicMs();
    if (this.#state !== 'ok') return { state: this.#state, forMs: Math.round(nowMs - this.#sinceMs) };
    const waitedMs = this.#startedMs === undefined ? 0 : nowMs - this.#startedMs;
    return waitedMs < SILENT_MS ? { state: 'ok' } : { state: 'silent', forMs: Math.round(waitedMs) };
  }
}

function stateOf(error: unknown): Exclude<StoreState, 'ok' | 'silent'> {
  if (!isStoreFailure(error)) return 'failed';
  return ({ STORE_BUSY: 'busy', STORE_FULL: 'full', STORE_FAILED: 'failed' } as const)[error.code];
}
