/**
 * The requests of a session: those in flight, in the order in which they were sent, and those that wait for room.
 * It owns each one's promise; all have the same time-out, which runs only while they are in flight.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';
import { deferred } from '../lib/deferred.js';
import type { Deferred } from '../lib/deferred.js';
import { ManyhandsError } from '../lib/errors.js';

/** How a request goes on that the scheduler refused since its store took nothing at that moment. */
export interface Repeat {
  /** Requests of the same order do not pass one another. */
  order: string;
  /** Whether it is asked again; otherwise it rejects with the refusal. */
  isWanted: () => boolean;
}

export interface PendingRequest {
  readonly id: number;
  readonly type: string;
  readonly body: unknown;
  readonly answer: Deferred<unknown>;
  /** Monotonic; absent while it is not in flight. */
  sentMs?: number;
  unlisten?: () => void;
  readonly repeat: Repeat | undefined;
  /** Why it is put off. */
  refusal?: Error;
}

export interface PendingOptions {
  clock: Clock;
  timeoutMs: number;
  inFlightMax: number;
  newId: () => number;
  /** Puts one on the wire; called only between `start` and `stop`. */
  send: (request: PendingRequest) => void;
  /** Milliseconds until what was put off is asked again, after so many refusals in a row. */
  repeatAfterMs?: (refusals: number) => number;
  /** The first refusal of a row, for which something was put off. */
  stalled?: (error: Error) => void;
}

/** Milliseconds between two tries where nobody says how long. */
const REPEAT_MS = 1_000;

export class PendingRequests {
  readonly #options: PendingOptions;
  /** In flight, in order of sending (which is the order of their ids). */
  readonly #inFlight = new Map<number, PendingRequest>();
  /** Those in flight that were refused and are asked again, until they are answered otherwise. */
  readonly #putOff = new Set<PendingRequest>();
  /** Times that something was put off since nothing was. */
  #refusals = 0;
  #cancelRepeat: CancelTimer | undefined;
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

  add(type: string, body: unknown, signal?: AbortSignal, repeat?: Repeat): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(aborted(type, signal));
    const request: PendingRequest = {
      id: this.#options.newId(),
      type,
      body,
      answer: deferred<unknown>(),
      repeat,
    };
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
    this.#cancelRepeat?.();
    this.#cancelRepeat = undefined;
  }

  /**
   * Keeps request `id`, which was refused, to ask it again after a while; what is of its order waits behind it. False
   * where it is not to be repeated.
   */
  putOff(id: number, error: Error): boolean {
    const request = this.#inFlight.get(id);
    if (request?.repeat?.isWanted() !== true) return false;
    delete request.sentMs;
    request.refusal = error;
    this.#putOff.add(request);
    if (this.#cancelRepeat === undefined) {
      this.#refusals++;
      const { clock, repeatAfterMs = () => REPEAT_MS } = this.#options;
      const again = (): void => this.#repeat();
      this.#cancelRepeat = clock.after(repeatAfterMs(this.#refusals), again, { background: true });
      if (this.#refusals === 1) this.#options.stalled?.(error);
    }
    this.#fill();
    return true;
  }

  #repeat(): void {
    this.#cancelRepeat = undefined;
    for (const request of [...this.#inFlight.values()]) {
      if (request.sentMs !== undefined || !this.#putOff.has(request)) continue;
      if (request.repeat!.isWanted()) this.#send(request);
      else this.#settle(request.id, (answer) => answer.reject(request.refusal));
    }
    this.#fill();
  }

  /** The type of request `id`, where it is still wanted. */
  typeOf(id: number): string | undefined {
    return this.#inFlight.get(id)?.type;
  }

  resolve(id: number, body: unknown): void {
    this.#settle(id, (answer) => answer.resolve(body));
    if (this.#putOff.size === 0) this.#refusals = 0;
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
    this.#putOff.delete(request);
    request.unlisten?.();
    how(request.answer);
  }

  #fill(): void {
    const held = new Set([...this.#putOff].map(({ repeat }) => repeat!.order));
    const idle = [...this.#putOff].filter(({ sentMs }) => sentMs === undefined).length;
    for (const request of this.#waiting.values()) {
      const isRoom = this.#inFlight.size - idle < this.#options.inFlightMax;
      if (this.#state !== 'started' || !isRoom) return;
      if (request.repeat !== undefined && held.has(request.repeat.order)) continue;
      this.#waiting.delete(request.id);
      this.#inFlight.set(request.id, request);
      this.#send(request);
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
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(afterMs, () => this.#expire(), { background: true });
  }

  /** One timer serves them all: it is set for the one that was sent longest ago. */
  #expire(): void {
    this.#cancelTimer = undefined;
    const now = this.#options.clock.monotonicMs();
    let nextMs = Infinity;
    for (const request of [...this.#inFlight.values()]) {
      if (request.sentMs === undefined) continue;
      const leftMs = request.sentMs + this.#options.timeoutMs - now;
      if (leftMs > 0) nextMs = Math.min(nextMs, leftMs);
      else this.reject(request.id, timedOut(request.type, this.#options.timeoutMs));
    }
    if (nextMs === Infinity) return;
    this.#watch(nextMs);
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
