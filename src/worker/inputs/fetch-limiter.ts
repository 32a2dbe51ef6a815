/**
 * Limits fetches: the number in flight, the number in flight and a second for each origin, and none while an origin asks
 * clients to wait. One job gets at most half of the capacity that others leave free. Waiting fetches start in order, except
 * those that are not allowed to start yet.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import type { Deferred } from '../../lib/deferred.js';
import { ManyhandsError } from '../../lib/errors.js';
import { TokenBucket } from '../../lib/token-bucket.js';
import { ORIGIN_FETCHES_BURST_MAX, ORIGIN_FETCHES_PER_SECOND_MAX } from '../../protocol/limits.js';
import type { JobId } from '../../protocol/messages/messages.js';

/** Maximum number in flight: each may hold up to `REMOTE_BYTES_MAX` bytes. */
const IN_FLIGHT_MAX = 8;
/** Maximum number in flight for one origin, as in browsers. */
const IN_FLIGHT_PER_ORIGIN_MAX = 6;

interface OriginState {
  inFlight: number;
  /** Limits the fetches a second. */
  readonly starts: TokenBucket;
  /** Monotonic milliseconds. */
  blockedUntilMs: number;
}

interface Waiter {
  readonly origin: string;
  readonly jobId: JobId;
  readonly granted: Deferred<void>;
}

export class FetchLimiter {
  readonly #clock: Clock;
  #inFlight = 0;
  readonly #inFlightByJob = new Map<JobId, number>();
  /** One entry for each origin that the owner of this machine has allowed. */
  readonly #origins = new Map<string, OriginState>();
  readonly #waiting = new Set<Waiter>();
  #cancelWake: CancelTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves when the fetch may start, with a function that must be called when it has ended. Rejects with the signal's
   * reason where that aborts first.
   * @throws CONNECT_FAILED where the origin is blocked, before or while it waits
   */
  async acquire(origin: string, jobId: JobId, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const { blockedUntilMs } = this.#originState(origin);
    if (blockedUntilMs > this.#clock.monotonicMs())
      throw blockedError(origin, blockedUntilMs - this.#clock.monotonicMs());
    const waiter: Waiter = { origin, jobId, granted: deferred() };
    const abort = (): void => {
      if (this.#waiting.delete(waiter)) waiter.granted.reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#waiting.add(waiter);
    this.#startWaiting();
    await waiter.granted.promise.finally(() => signal.removeEventListener('abort', abort));
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#release(origin, jobId);
    };
  }

  /** Whether fetches from that origin are blocked now. */
  isBlocked(origin: string): boolean {
    return this.#originState(origin).blockedUntilMs > this.#clock.monotonicMs();
  }

  /** Blocks an origin for `ms` milliseconds and rejects the fetches that wait for it. Returns the error. */
  block(origin: string, ms: number): ManyhandsError {
    const state = this.#originState(origin);
    state.blockedUntilMs = Math.max(state.blockedUntilMs, this.#clock.monotonicMs() + ms);
    const error = blockedError(origin, ms);
    for (const waiter of [...this.#waiting]) {
      if (waiter.origin === origin && this.#waiting.delete(waiter)) waiter.granted.reject(error);
    }
    return error;
  }

  #originState(origin: string): OriginState {
    let state = this.#origins.get(origin);
    if (state === undefined) {
      const nowMs = this.#clock.monotonicMs();
      const starts = new TokenBucket(ORIGIN_FETCHES_PER_SECOND_MAX, ORIGIN_FETCHES_BURST_MAX, nowMs);
      state = { inFlight: 0, starts, blockedUntilMs: -Infinity };
      this.#origins.set(origin, state);
    }
    return state;
  }

  /** Whether the limits on concurrency allow it to start. */
  #mayStart({ origin, jobId }: Waiter): boolean {
    const has = this.#inFlightByJob.get(jobId) ?? 0;
    // At least as many places must stay free as the job already has.
    const isFair = IN_FLIGHT_MAX - this.#inFlight - 1 >= has;
    return isFair && this.#originState(origin).inFlight < IN_FLIGHT_PER_ORIGIN_MAX;
  }

  #startWaiting(): void {
    this.#cancelWake?.();
    const nowMs = this.#clock.monotonicMs();
    let wakeMs = Infinity;
    for (const waiter of this.#waiting) {
      if (this.#inFlight >= IN_FLIGHT_MAX) break;
      if (!this.#mayStart(waiter)) continue;
      const state = this.#originState(waiter.origin);
      if (state.starts.take(nowMs)) this.#start(waiter, state);
      else wakeMs = Math.min(wakeMs, state.starts.delayMs(nowMs));
    }
    const isTimed = wakeMs < Infinity;
    this.#cancelWake = isTimed ? this.#clock.after(Math.ceil(wakeMs), () => this.#startWaiting()) : undefined;
  }

  #start(waiter: Waiter, state: OriginState): void {
    this.#waiting.delete(waiter);
    this.#inFlight++;
    this.#inFlightByJob.set(waiter.jobId, (this.#inFlightByJob.get(waiter.jobId) ?? 0) + 1);
    state.inFlight++;
    waiter.granted.resolve();
  }

  #release(origin: string, jobId: JobId): void {
    this.#inFlight--;
    this.#originState(origin).inFlight--;
    const left = this.#inFlightByJob.get(jobId)! - 1;
    if (left === 0) this.#inFlightByJob.delete(jobId);
    else this.#inFlightByJob.set(jobId, left);
    this.#startWaiting();
  }
}

function blockedError(origin: string, ms: number): ManyhandsError {
  const text = `${origin} asks clients to wait: this worker sends it no request for ${Math.ceil(ms / 1_000)} s.`;
  return new ManyhandsError('CONNECT_FAILED', text, { origin });
}
