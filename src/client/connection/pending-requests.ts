/**
 * The requests of a session: those in flight, in the order in which they were sent, and those that wait until fewer are
 * in flight. It settles the promise of each; all have the same time-out, which runs only while they are in flight.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import type { Deferred } from '../../lib/deferred.js';
import { fromWireError, ManyhandsError, toCodedError, type WireError } from '../../lib/errors.js';

/** What happens to a request that the scheduler refused because its store accepted no writes. */
export interface RetryPolicy {
  /** Requests with the same key are never reordered. */
  orderKey: string;
  /** Whether it is sent again; otherwise it rejects with the refusal. */
  shouldRetry: () => boolean;
}

/** A reply or a refusal. */
export interface ResponseMessage {
  type: string;
  replyTo: number;
  body?: unknown;
  error?: WireError;
}

export interface PendingRequest {
  readonly id: number;
  readonly type: string;
  readonly body: unknown;
  readonly answer: Deferred<unknown>;
  /** Monotonic time, milliseconds; absent while it is not in flight. */
  sentMs?: number;
  removeAbortListener?: () => void;
  readonly retry: RetryPolicy | undefined;
  /** The refusal for which it waits to be sent again. */
  refusal?: Error;
}

export interface PendingOptions {
  clock: Clock;
  timeoutMs: number;
  inFlightMax: number;
  newId: () => number;
  /** Checks the body of the reply to a request of `type`; without it bodies are not checked. */
  checkReply?: ((type: string, body: unknown) => unknown) | undefined;
  /** Sends one; called only between `start` and `stop`. */
  send: (request: PendingRequest) => void;
  /** Milliseconds until postponed requests are sent again, after so many refusals in a row. */
  retryAfterMs?: (refusals: number) => number;
  /** Called for the first of several refusals in a row for which a request was postponed. */
  stalled?: (error: Error) => void;
}

/** Milliseconds between two tries where `retryAfterMs` is absent. */
const RETRY_MS_DEFAULT = 1_000;

export class PendingRequests {
  readonly #options: PendingOptions;
  /** In flight, in order of sending (which is the order of their ids). */
  readonly #inFlight = new Map<number, PendingRequest>();
  /** Requests in flight that were refused and are sent again, until they get another response. */
  readonly #postponed = new Set<PendingRequest>();
  /** Refusals since the last time that no request was postponed. */
  #refusals = 0;
  #cancelRetry: CancelTimer | undefined;
  /** In order of `add`. Aborted ones are removed at once. */
  readonly #waiting = new Map<number, PendingRequest>();
  #state: 'stopped' | 'started' = 'stopped';
  #cancelTimer: CancelTimer | undefined;

  constructor(options: PendingOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#inFlight.size + this.#waiting.size;
  }

  add(type: string, body: unknown, signal?: AbortSignal, retry?: RetryPolicy): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(aborted(type, signal));
    const request: PendingRequest = {
      id: this.#options.newId(),
      type,
      body,
      answer: deferred<unknown>(),
      retry,
    };
    this.#waiting.set(request.id, request);
    if (signal !== undefined) {
      const onAbort = (): void => this.reject(request.id, aborted(type, signal));
      signal.addEventListener('abort', onAbort, { once: true });
      request.removeAbortListener = () => signal.removeEventListener('abort', onAbort);
    }
    this.#fill();
    return request.answer.promise;
  }

  /** A connection is open: requests in flight are sent again, in order, then those that wait. */
  start(): void {
    this.#state = 'started';
    const again = [...this.#inFlight.values()];
    for (const request of again) if (this.#inFlight.has(request.id)) this.#send(request);
    this.#fill();
  }

  /** The connection is closed. Requests in flight stay so, but their time-out does not run. */
  stop(): void {
    this.#state = 'stopped';
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /**
   * Postpones request `id`, which was refused, to send it again later; requests with its order key wait behind it. False
   * where it is not retried.
   */
  postpone(id: number, error: Error): boolean {
    const request = this.#inFlight.get(id);
    if (request?.retry?.shouldRetry() !== true) return false;
    delete request.sentMs;
    request.refusal = error;
    this.#postponed.add(request);
    if (this.#cancelRetry === undefined) {
      this.#refusals++;
      const { clock, retryAfterMs = () => RETRY_MS_DEFAULT } = this.#options;
      const retry = (): void => this.#retry();
      this.#cancelRetry = clock.after(retryAfterMs(this.#refusals), retry, { background: true });
      if (this.#refusals === 1) this.#options.stalled?.(error);
    }
    this.#fill();
    return true;
  }

  #retry(): void {
    this.#cancelRetry = undefined;
    for (const request of [...this.#inFlight.values()]) {
      if (request.sentMs !== undefined || !this.#postponed.has(request)) continue;
      if (request.retry!.shouldRetry()) this.#send(request);
      else this.#settle(request.id, (answer) => answer.reject(request.refusal));
    }
    this.#fill();
  }

  /** False after the time-out of request `id`, or after its abort. */
  isInFlight(id: number): boolean {
    return this.#inFlight.has(id);
  }

  /** Settles the request in flight to which `answer` replies. */
  settle({ type, replyTo, body, error }: ResponseMessage): void {
    if (type === 'refusal') return this.reject(replyTo, fromWireError(error!));
    const { checkReply } = this.#options;
    try {
      const request = this.#inFlight.get(replyTo)!;
      this.#resolve(replyTo, checkReply === undefined ? body : checkReply(request.type, body));
    } catch (thrown) {
      this.reject(replyTo, toCodedError(thrown));
    }
  }

  #resolve(id: number, body: unknown): void {
    this.#settle(id, (answer) => answer.resolve(body));
    if (this.#postponed.size === 0) this.#refusals = 0;
    this.#fill();
  }

  reject(id: number, error: Error): void {
    this.#settle(id, (answer) => answer.reject(error));
    this.#fill();
  }

  /** Rejects every request with an error made by `error`. */
  rejectAll(error: () => Error): void {
    this.stop();
    for (const id of [...this.#inFlight.keys(), ...this.#waiting.keys()]) this.reject(id, error());
  }

  #settle(id: number, how: (answer: Deferred<unknown>) => void): void {
    const request = this.#inFlight.get(id) ?? this.#waiting.get(id);
    if (request === undefined) return;
    this.#inFlight.delete(id);
    this.#waiting.delete(id);
    this.#postponed.delete(request);
    request.removeAbortListener?.();
    how(request.answer);
  }

  #fill(): void {
    const heldKeys = new Set([...this.#postponed].map(({ retry }) => retry!.orderKey));
    const waiting = [...this.#postponed].filter(({ sentMs }) => sentMs === undefined).length;
    for (const request of this.#waiting.values()) {
      const isRoom = this.#inFlight.size - waiting < this.#options.inFlightMax;
      if (this.#state !== 'started' || !isRoom) return;
      if (request.retry !== undefined && heldKeys.has(request.retry.orderKey)) continue;
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

  /** One timer for all: it is set for the request that was sent first. */
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
    `The request ${type} was aborted.`,
    { type },
    { cause: signal.reason },
  );
}

function timedOut(type: string, ms: number): ManyhandsError {
  return new ManyhandsError('TIMEOUT', `No reply to ${type} in ${ms} ms.`, { type, ms });
}
