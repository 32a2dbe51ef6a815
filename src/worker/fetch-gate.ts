/**
 * Lets so many fetches go on at once, and no more than a few of them from one origin: who waits is served in order, past
 * those whose origin is busy.
 * @module
 */
import { deferred } from '../lib/deferred.js';
import type { Deferred } from '../lib/deferred.js';

/** At once, in all: each may hold as much as `REMOTE_BYTES_MAX`. */
const AT_ONCE_MAX = 8;
/** At once, from one origin: what browsers ask of one site. */
const OF_ORIGIN_MAX = 6;

interface Waiter {
  readonly origin: string;
  readonly turn: Deferred<void>;
}

export class FetchGate {
  #inside = 0;
  readonly #ofOrigin = new Map<string, number>();
  readonly #waiting = new Set<Waiter>();

  /** Resolves at its turn, with what gives the place back. Rejects with the signal's reason where that aborts first. */
  async enter(origin: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (!this.#mayEnter(origin)) {
      const waiter: Waiter = { origin, turn: deferred() };
      const abort = (): void => {
        if (this.#waiting.delete(waiter)) waiter.turn.reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiter);
      await waiter.turn.promise.finally(() => signal.removeEventListener('abort', abort));
    } else this.#take(origin);
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      this.#leave(origin);
    };
  }

  #mayEnter(origin: string): boolean {
    return this.#inside < AT_ONCE_MAX && (this.#ofOrigin.get(origin) ?? 0) < OF_ORIGIN_MAX;
  }

  #take(origin: string): void {
    this.#inside++;
    this.#ofOrigin.set(origin, (this.#ofOrigin.get(origin) ?? 0) + 1);
  }

  #leave(origin: string): void {
    this.#inside--;
    const left = this.#ofOrigin.get(origin)! - 1;
    if (left === 0) this.#ofOrigin.delete(origin);
    else this.#ofOrigin.set(origin, left);
    for (const waiter of this.#waiting) {
      if (this.#inside >= AT_ONCE_MAX) return;
      if (!this.#mayEnter(waiter.origin)) continue;
      this.#waiting.delete(waiter);
      this.#take(waiter.origin);
      waiter.turn.resolve();
    }
  }
}
