/**
 * The requests of a session: those in flight, in the order in which they were sent, and those that wait for room.
 * It owns each one's promise; all have the same time-out, which runs only while they are in flight.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';
import { deferred } from '../lib/deferred.js';
import type { Deferred } from '../lib/deferred.js';
import { ManyhandsError } from '../lib/errors.js';

export interface PendingRequest {
  readonly id: number;
  readonly type: string;
  readonly body: unknown;
  readonly answer: Deferred<unknown>;
  /** Monotonic; absent while it is not in flight. */
  sentMs?: number;
  unlisten?: () => void;
}

export interface PendingOptions {
  clock: Clock;
  timeoutMs: number;
  inFlightMax: number;
  newId: () => number;
  /** Puts one on the wire; called only between `start` and `stop`. */
  send: (request: PendingRequest) => void;
}

export class PendingRequests {
  readonly #options: PendingOptions;
  /** In flight, in order of sending (which is the order of their ids). */
  readonly #inFlight = new Map<number, PendingRequest>();
  /** In order of asking. Those aborted are taken out at once. */
  readonly #waiting = new Map<number, PendingRequest>();
  #state: 'stopped' | 'started' = 'stopped';
  #cancelTimer: CancelTimer | undefined;

  constructor(options: PendingOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#inFlight.size + this.#waiting.size;
  }

  add(type: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(aborted(type, signal));
    const request: PendingRequest = { id: this.#options.newId(), type, body, answer: deferred<unknown>() };
    this.#waiting.set(request.id, request);
    if (signal !== undefined) {
      const onAbort = (): void => this.reject(request.id, aborted(type, signal));
      signal.addEventListener('abort', onAbort, { once: true });
      request.unlisten = () => signal.removeEventListener('abort', onAbort);
    }
    this.#fill();
    return request.answer.promise;
  }

  /** There is a connection: what was in flight goes out again, in order, then what waits. */
  start(): void {
    this.#state = 'started';
    const again = [...this.#inFlight.values()];
    for (const request of again) if (this.#inFlight.has(request.id)) this.#send(request);
    this.#fill();
  }

  /** The connection is gone. What was in flight stays so, without its time running. */
  stop(): void {
    this.#state = 'stopped';
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** The type of request `id`, where it is still wanted. */
  typeOf(id: number): string | undefined {
    return this.#inFlight.get(id)?.type;
  }

  resolve(id: number, body: unknown): void {
    this.#settle(id, (answer) => answer.resolve(body));
    this.#fill();
  }

  reject(id: number, error: Error): void {
    this.#settle(id, (answer) => answer.reject(error));
    this.#fill();
  }

  /** Nothing goes on: everything there is rejects with what `error` makes for it. */
  rejectAll(error: () => Error): void {
    this.stop();
    for (const id of [...this.#inFlight.keys(), ...this.#waiting.keys()]) this.reject(id, error());
  }

  #settle(id: number, how: (answer: Deferred<unknown>) => void): void {
    const request = this.#inFlight.get(id) ?? this.#waiting.get(id);
    if (request === undefined) return;
    this.#inFlight.delete(id);
    this.#waiting.delete(id);
    request.unlisten?.();
    how(request.answer);
  }

  #fill(): void {
    while (this.#state === 'started' && this.#inFlight.size < this.#options.inFlightMax) {
      const next = this.#waiting.values().next();
      if (next.done) return;
      this.#waiting.delete(next.value.id);
      this.#inFlight.set(next.value.id, next.value);
      this.#send(next.value);
    }
  }

  #send(request: PendingRequest): void {
    request.sentMs = this.#options.clock.monotonicMs();
    try {
      this.#options.send(request);
    } catch (error) {
      return this.#settle(request.id, (answer) => answer.reject(error));
    }
    if (this.#cancelTimer === undefined) this.#watch(this.#options.timeoutMs);
  }

  #watch(afterMs: number): void {
    this.#cancelTimer = this.#options.clock.after(afterMs, () => this.#expire(), { background: true });
  }

  /** The first in flight is the one sent longest ago, so one timer serves them all. */
  #expire(): void {
    this.#cancelTimer = undefined;
    const now = this.#options.clock.monotonicMs();
    for (const request of [...this.#inFlight.values()]) {
      const leftMs = request.sentMs! + this.#options.timeoutMs - now;
      if (leftMs > 0) {
        if (this.#cancelTimer === undefined) this.#watch(leftMs);
        return;
      }
      this.reject(request.id, timedOut(request.type, this.#options.timeoutMs));
    }
  }
}

function aborted(type: string, signal: AbortSignal): ManyhandsError {
  return new ManyhandsError(
    'ABORTED',
    `The request ${type} was given up.`,
    { type },
    { cause: signal.reason },
  );
}

function timedOut(type: string, ms: number): ManyhandsError {
  return new ManyhandsError('TIMEOUT', `No answer to ${type} in ${ms} ms.`, { type, ms });
}
