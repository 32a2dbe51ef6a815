/**
 * A client's session with the scheduler, over one connection after the other. It matches replies to requests, opens
 * connections and reconnects; it does not know the messages. All requests are idempotent, so those in flight when a
 * connection breaks are sent again on the next, in order.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import type { Deferred } from '../../lib/deferred.js';
import { fromWireError, ManyhandsError, type WireError } from '../../lib/errors.js';
import type { Random } from '../../lib/crypto/random.js';
import { REQUESTS_IN_FLIGHT_MAX, SOCKET_BUFFER_BYTES_LOW } from '../../lib/socket-limits.js';
import { backOffMs } from '../retry/back-off.js';
import { isRetried, reactionTo } from '../retry/error-reactions.js';
import { SessionConnection } from './session-connection.js';
import type { Call, SessionCodec, SessionMessage } from './session-connection.js';
import { PendingRequests } from './pending-requests.js';
import type { ResponseMessage, RetryPolicy } from './pending-requests.js';
import type { Connect } from '../../transport/transport.js';

export type { RetryPolicy } from './pending-requests.js';
export type { Call, SessionCodec, SessionMessage } from './session-connection.js';

/**
 * - `idle`: before `open`.
 * - `connecting`: until the greeting is done.
 * - `open`: the greeting is done; messages are sent and received.
 * - `waiting`: the connection was lost; the next one is opened after the back-off.
 * - `closed`: by `close`, or by an error that is not retryable; it cannot be opened again.
 */
export type SessionState = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';

/** Request types to their bodies and replies, as `DeployerRequests` and `WorkerRequests` are. */
export type RequestMap<R = Record<string, unknown>> = { [K in keyof R]: [unknown, unknown] };

export interface SessionOptions {
  /** `ws(s)://host/socket`. */
  url: string;
  connect: Connect;
  clock: Clock;
  /** For the jitter of the back-off. */
  random: Random;
  codec: SessionCodec;
  /** The first message of every connection. */
  hello: () => SessionMessage;
  /**
   * Runs on every connection after the welcome, before anything else is sent; it sends requests by `call`. If it rejects
   * with an error that is not retryable, the session closes with that error.
   */
  greet?: (welcome: never, call: Call) => Promise<void>;
  /** Receives every decoded message that is no reply, refusal, welcome or goodbye. */
  notice: (message: never) => void;
  /** Called on each change of state; `error` is the reason for `waiting` and `closed`. */
  state?: (state: SessionState, error?: Error) => void;
  /** The scheduler's store accepts no writes, for this reason; requests with a retry policy are sent again until it does. */
  stalled?: (error: Error) => void;
  /** Whether a lost connection is opened again. @default true */
  reconnect?: boolean;
  /** Milliseconds in flight, while connected, after which a request rejects with `TIMEOUT`. @default 60_000 */
  requestTimeoutMs?: number;
}

const REQUEST_TIMEOUT_MS_DEFAULT = 60_000;
/** Wait before reconnecting after an `EVICTED` goodbye, milliseconds. */
export const EVICTED_WAIT_MS = 60_000;
/** After a connection that was open for so long, milliseconds, the back-off starts from its beginning. */
const GOOD_CONNECTION_MS = 1_000;

export class ClientSession<R extends RequestMap<R> = RequestMap> {
  readonly #options: SessionOptions;
  readonly #requests: PendingRequests;
  readonly #requestTimeoutMs: number;
  #state: SessionState = 'idle';
  #connection: SessionConnection | undefined;
  #opened: Deferred<void> | undefined;
  /** The reason for `closed`. */
  #endError: Error | undefined;
  #nextId = 1;
  #failures = 0;
  #openedMs: number | undefined;
  #cancelRetry: CancelTimer | undefined;
  #drainWaiters: Deferred<void>[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT;
    this.#requests = new PendingRequests({
      clock: options.clock,
      newId: this.#newId,
      timeoutMs: this.#requestTimeoutMs,
      inFlightMax: REQUESTS_IN_FLIGHT_MAX,
      checkReply: options.codec.reply?.bind(options.codec),
      retryAfterMs: (refusals) => backOffMs(refusals, options.random),
      stalled: (error) => options.stalled?.(error),
      send: ({ type, id, body }) => this.#connection!.send({ type, id, ...(body as object) }),
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The reason for which it is closed; undefined while it is not. */
  get endError(): Error | undefined {
    return this.#endError;
  }

  /** Bytes passed to `send` that are still in this process. */
  get bufferedBytes(): number {
    return this.#connection?.bufferedBytes ?? 0;
  }

  /**
   * Opens the first connection; resolves when its greeting is done. A second call returns the same promise.
   * @throws the reason, after which the session is closed: CONNECT_FAILED, CONNECTION_LOST, TIMEOUT, ABORTED,
   *   PROTOCOL_VERSION, MESSAGE_MALFORMED, CLOSED, the scheduler's goodbye, or what `greet` rejected with.
   */
  open(signal?: AbortSignal): Promise<void> {
    if (this.#opened !== undefined) return this.#opened.promise;
    this.#opened = deferred();
    const { promise } = this.#opened;
    if (this.#state === 'closed') this.#opened.reject(this.#endError);
    else if (signal?.aborted) void this.#finish(openAborted(signal));
    else {
      if (signal !== undefined) this.#closeOnAbort(signal, promise);
      this.#connect();
    }
    return promise;
  }

  /**
   * Sends a request; resolves with the checked body of the reply. The request waits until the session is open, between two
   * connections, and while `REQUESTS_IN_FLIGHT_MAX` are in flight. With `retry` it is sent again, in its order, where the
   * scheduler's store accepts no writes.
   * @throws the scheduler's refusal, TIMEOUT, ABORTED by `signal`, CLOSED, or the error that closed the session.
   */
  request<K extends keyof R & string>(
    type: K,
    body: R[K][0],
    options: { signal?: AbortSignal | undefined; retry?: RetryPolicy | undefined } = {},
  ): Promise<R[K][1]> {
    if (this.#state === 'closed') return Promise.reject(this.#endError!);
    return this.#requests.add(type, body, options.signal, options.retry);
  }

  /** Sends a message without a reply; dropped when the session is not open. @throws what the codec throws */
  notify<M extends SessionMessage>(message: M): void {
    if (this.#state === 'open') this.#connection!.send(message);
  }

  /** Resolves when little is buffered, or the connection is lost. Rejects when the session closes. */
  drained(): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(this.#endError!);
    if (this.bufferedBytes <= SOCKET_BUFFER_BYTES_LOW) return Promise.resolve();
    const waiter = deferred();
    this.#drainWaiters.push(waiter);
    return waiter.promise;
  }

  /** Closes it: pending requests reject with CLOSED. Resolves when everything was sent and the connection is closed. */
  close(): Promise<void> {
    return this.#finish(new ManyhandsError('CLOSED', 'The session with the scheduler was closed.'));
  }

  readonly #newId = (): number => this.#nextId++;

  #closeOnAbort(signal: AbortSignal, until: Promise<void>): void {
    const onAbort = (): void => void this.#finish(openAborted(signal));
    const removeListener = (): void => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    until.then(removeListener, removeListener);
  }

  #connect(): void {
    this.#cancelRetry = undefined;
    this.#become('connecting');
    if (this.#state !== 'connecting') return;
    const { url, connect, clock, codec, hello } = this.#options;
    const connection: SessionConnection = new SessionConnection(
      {
        url,
        connect,
        clock,
        codec,
        hello,
        greet: (welcome, call) => this.#options.greet?.(welcome as never, call) ?? Promise.resolve(),
        newId: this.#newId,
        requestTimeoutMs: this.#requestTimeoutMs,
      },
      {
        open: () => this.#greeted(),
        answer: (answer) => this.#answered(answer),
        notice: this.#options.notice,
        drain: () => this.#resolveDrained(),
        end: (error) => this.#connectionEnded(error),
      },
    );
    this.#connection = connection;
  }

  #greeted(): void {
    this.#openedMs = this.#options.clock.monotonicMs();
    this.#state = 'open';
    this.#requests.start();
    this.#opened?.resolve();
    this.#options.state?.('open');
  }

  #answered(answer: ResponseMessage): void {
    // The request timed out or was aborted meanwhile.
    if (!this.#requests.isInFlight(answer.replyTo)) return;
    if (answer.error !== undefined && this.#isSentAgain(answer.replyTo, answer.error)) return;
    this.#requests.settle(answer);
  }

  /** Whether the refused request stays pending, since it was not executed and is sent again. */
  #isSentAgain(id: number, error: WireError): boolean {
    const reaction = reactionTo(error.code);
    if (reaction === 'next-connection') return this.#reconnects;
    return reaction === 'when-store-accepts' && this.#requests.postpone(id, fromWireError(error));
  }

  get #reconnects(): boolean {
    return this.#options.reconnect ?? true;
  }

  #connectionEnded(error: Error): void {
    this.#connection = undefined;
    this.#requests.stop();
    if (this.#state === 'closed') return;
    const hadConnection = this.#failures > 0 || this.#openedMs !== undefined;
    if (!hadConnection || !this.#reconnects || !isRetried(error)) return void this.#finish(error);
    const now = this.#options.clock.monotonicMs();
    if (this.#openedMs !== undefined && now - this.#openedMs >= GOOD_CONNECTION_MS) this.#failures = 0;
    this.#openedMs = undefined;
    this.#failures++;
    const waitMs = reactionTo(error) === 'retry-later' ? EVICTED_WAIT_MS : 0;
    const afterMs = waitMs + backOffMs(this.#failures, this.#options.random);
    this.#cancelRetry = this.#options.clock.after(afterMs, () => this.#connect());
    this.#resolveDrained();
    this.#become('waiting', error);
  }

  #finish(error: Error): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    const connection = this.#connection;
    this.#endError = error;
    this.#cancelRetry?.();
    this.#become('closed', error);
    const gone = connection?.end(error) ?? Promise.resolve();
    this.#requests.rejectAll(() => error);
    for (const waiter of this.#drainWaiters.splice(0)) waiter.reject(error);
    this.#opened?.reject(error);
    return gone;
  }

  #resolveDrained(): void {
    for (const waiter of this.#drainWaiters.splice(0)) waiter.resolve();
  }

  #become(state: SessionState, error?: Error): void {
    this.#state = state;
    this.#options.state?.(state, error);
  }
}

function openAborted(signal: AbortSignal): ManyhandsError {
  return new ManyhandsError('ABORTED', 'Opening the session was aborted.', {}, { cause: signal.reason });
}
