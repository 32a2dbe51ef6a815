/**
 * Lets so many fetches go on at once, no more than a few of them from one origin, so many of those a second, and none
 * while the origin wants to be left alone. A job has at most half of the places that others leave: who waits is served
 * in order, past those whose turn it is not.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import type { Deferred } from '../../lib/deferred.js';
import { ManyhandsError } from '../../lib/errors.js';
import { ORIGIN_FETCHES_BURST_MAX, ORIGIN_FETCHES_PER_SECOND_MAX } from '../../protocol/limits.js';
import type { JobId } from '../../protocol/messages/messages.js';

/** At once, in all: each may hold as much as `REMOTE_BYTES_MAX`. */
const AT_ONCE_MAX = 8;
/** At once, from one origin: what browsers ask of one site. */
const OF_ORIGIN_MAX = 6;
/** Between two fetches from one origin, once the burst is used up; and how far a burst may run ahead of that. */
const EACH_MS = 1_000 / ORIGIN_FETCHES_PER_SECOND_MAX;
const AHEAD_MS = (ORIGIN_FETCHES_BURST_MAX - 1) * EACH_MS;

interface Site {
  inside: number;
  /** When its next fetch is due, were there no bursts. */
  dueMs: number;
  closedUntilMs: number;
}

interface Waiter {
  readonly origin: string;
  readonly jobId: JobId;
  readonly turn: Deferred<void>;
}

export class FetchGate {
  readonly #clock: Clock;
  #inside = 0;
  readonly #ofJob = new Map<JobId, number>();
  /** One for each origin that this machine's owner allowed some time. */
  readonly #sites = new Map<string, Site>();
  readonly #waiting = new Set<Waiter>();
  #cancelWake: CancelTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves at its turn, with what gives the place back. Rejects with the signal's reason where that aborts first.
   * @throws CONNECT_FAILED where the origin is closed, also while it waits
   */
  async enter(origin: string, jobId: JobId, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const { closedUntilMs } = this.#site(origin);
    if (closedUntilMs > this.#clock.monotonicMs())
      throw closed(origin, closedUntilMs - this.#clock.monotonicMs());
    const waiter: Waiter = { origin, jobId, turn: deferred() };
    const abort = (): void => {
      if (this.#waiting.delete(waiter)) waiter.turn.reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#waiting.add(waiter);
    this.#serve();
    await waiter.turn.promise.finally(() => signal.removeEventListener('abort', abort));
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      this.#leave(origin, jobId);
    };
  }

  /** Whether nobody enters for that origin now. */
  isClosed(origin: string): boolean {
    return this.#site(origin).closedUntilMs > this.#clock.monotonicMs();
  }

  /** Nobody enters for that origin for so long, and who waits for it is turned away: the error of all of them. */
  close(origin: string, ms: number): ManyhandsError {
    const site = this.#site(origin);
    site.closedUntilMs = Math.max(site.closedUntilMs, this.#clock.monotonicMs() + ms);
    const error = closed(origin, ms);
    for (const waiter of [...this.#waiting]) {
      if (waiter.origin === origin && this.#waiting.delete(waiter)) waiter.turn.reject(error);
    }
    return error;
  }

  #site(origin: string): Site {
    const site = this.#sites.get(origin) ?? { inside: 0, dueMs: -Infinity, closedUntilMs: -Infinity };
    this.#sites.set(origin, site);
    return site;
  }

  /** Whether there is a place for it, whatever the time. */
  #hasPlace({ origin, jobId }: Waiter): boolean {
    const has = this.#ofJob.get(jobId) ?? 0;
    // As many stay free for others as it would have beside its first.
    const isFair = AT_ONCE_MAX - this.#inside - 1 >= has;
    return isFair && this.#site(origin).inside < OF_ORIGIN_MAX;
  }

  #serve(): void {
    this.#cancelWake?.();
    const nowMs = this.#clock.monotonicMs();
    let wakeMs = Infinity;
    for (const waiter of this.#waiting) {
      if (this.#inside >= AT_ONCE_MAX) break;
      if (!this.#hasPlace(waiter)) continue;
      const site = this.#site(waiter.origin);
      const leftMs = site.dueMs - AHEAD_MS - nowMs;
      if (leftMs > 0) wakeMs = Math.min(wakeMs, leftMs);
      else this.#take(waiter, site, nowMs);
    }
    const isTimed = wakeMs < Infinity;
    this.#cancelWake = isTimed ? this.#clock.after(Math.ceil(wakeMs), () => this.#serve()) : undefined;
  }

  #take(waiter: Waiter, site: Site, nowMs: number): void {
    this.#waiting.delete(waiter);
    this.#inside++;
    this.#ofJob.set(waiter.jobId, (this.#ofJob.get(waiter.jobId) ?? 0) + 1);
    site.inside++;
    site.dueMs = Math.max(site.dueMs, nowMs) + EACH_MS;
    waiter.turn.resolve();
  }

  #leave(origin: string, jobId: JobId): void {
    this.#inside--;
    this.#site(origin).inside--;
    const left = this.#ofJob.get(jobId)! - 1;
    if (left === 0) this.#ofJob.delete(jobId);
    else this.#ofJob.set(jobId, left);
    this.#serve();
  }
}

function closed(origin: string, ms: number): ManyhandsError {
  const text = `${origin} wants to be left alone: this worker asks it for nothing for ${Math.ceil(ms / 1_000)} s.`;
  return new ManyhandsError('CONNECT_FAILED', text, { origin });
}
