/**
 * Whether the store takes commits, as the last ones showed: for `/healthz`, and said once in the log when it changes.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import type { Log } from '../log/log.js';
import { isStoreFailure } from '../store/port/store-failure.js';

/** `silent`: a commit was begun and has had no answer for long. */
export type StoreState = 'ok' | 'busy' | 'full' | 'failed' | 'silent';

export interface StoreReport {
  state: StoreState;
  /** Since when it is not `ok`, milliseconds ago. */
  forMs?: number;
}

/** A commit that takes longer is a store that is silent, milliseconds. */
const SILENT_MS = 5_000;

export class StoreHealth {
  readonly #clock: Clock;
  readonly #log: Log;
  #state: StoreState = 'ok';
  #sinceMs = 0;
  #askedMs: number | undefined;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** How long commits have failed by now, milliseconds; 0 where they do not. */
  get failingMs(): number {
    return this.#state === 'ok' ? 0 : this.#clock.monotonicMs() - this.#sinceMs;
  }

  /** A commit begins. */
  asked(): void {
    this.#askedMs = this.#clock.monotonicMs();
  }

  /** The commit was answered, well or not. */
  answered(): void {
    this.#askedMs = undefined;
  }

  /** The store took all that it was given. */
  worked(): void {
    if (this.#state === 'ok') return;
    this.#log('info', 'store works again', { forMs: Math.round(this.failingMs) });
    this.#state = 'ok';
  }

  /** The store could not take something. */
  failed(error: unknown): void {
    const state = stateOf(error);
    if (this.#state === 'ok') this.#sinceMs = this.#clock.monotonicMs();
    if (this.#state !== state) {
      const { message, info } = error as { message?: string; info?: { reason?: unknown } };
      this.#log('error', 'store takes nothing', { state, message, reason: info?.reason });
    }
    this.#state = state;
  }

  report(): StoreReport {
    const nowMs = this.#clock.monotonicMs();
    if (this.#state !== 'ok') return { state: this.#state, forMs: Math.round(nowMs - this.#sinceMs) };
    const waitedMs = this.#askedMs === undefined ? 0 : nowMs - this.#askedMs;
    return waitedMs < SILENT_MS ? { state: 'ok' } : { state: 'silent', forMs: Math.round(waitedMs) };
  }
}

function stateOf(error: unknown): Exclude<StoreState, 'ok' | 'silent'> {
  if (!isStoreFailure(error)) return 'failed';
  return ({ STORE_BUSY: 'busy', STORE_FULL: 'full', STORE_FAILED: 'failed' } as const)[error.code];
}
