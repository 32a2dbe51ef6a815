/**
 * Spreads the requests of all clients over turns of the event loop: when those of one turn have taken `TURN_MS`, further
 * ones wait for later turns, in order. So sockets, pages and timers are served however many expensive requests a client
 * sends at once.
 * @module
 */
import type { Clock } from '../../lib/clock.js';

/** How long requests may run in one turn, milliseconds; the last one may take longer. */
const TURN_MS = 10;

export interface TurnBudgetOptions {
  clock: Clock;
  /** Schedules a callback after pending I/O events (setImmediate in Node). */
  defer: (fn: () => void) => void;
}

export class TurnBudget {
  readonly #options: TurnBudgetOptions;
  /** Requests that wait for a later turn, in order; each resolves when it is done. */
  readonly #waiting: (() => Promise<unknown>)[] = [];
  /** When the first request of this turn began, monotonic milliseconds; undefined before it. */
  #beganMs: number | undefined;
  #isDraining = false;

  constructor(options: TurnBudgetOptions) {
    this.#options = options;
  }

  /** Executes a request, in this turn or a later one; resolves or rejects as it does. */
  run<T>(request: () => Promise<T>): Promise<T> {
    if (!this.#isDraining && this.#hasTime()) return request();
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push(() => request().then(resolve, reject));
      if (!this.#isDraining) void this.#drain();
    });
  }

  #hasTime(): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#beganMs === undefined) {
      this.#beganMs = nowMs;
      this.#options.defer(() => (this.#beganMs = undefined));
    }
    return nowMs - this.#beganMs < TURN_MS;
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    while (this.#waiting.length > 0) {
      await this.#nextTurn();
      const untilMs = this.#options.clock.monotonicMs() + TURN_MS;
      do {
        const next = this.#waiting.shift()!;
        // The following one starts when this one is done, or waits for anything but the processor.
        await Promise.race([next(), this.#nextTurn()]);
      } while (this.#waiting.length > 0 && this.#options.clock.monotonicMs() < untilMs);
    }
    this.#isDraining = false;
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#options.defer(resolve));
  }
}
