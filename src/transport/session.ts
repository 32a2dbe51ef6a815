/**
 * A client's session with the scheduler: one that outlives its connections. It knows how requests are answered, how a
 * connection begins and ends and how to come back, and nothing of what is said. All requests are idempotent, so those
 * in flight when a connection breaks are sent again on the next, in order.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';
import { deferred } from '../lib/deferred.js';
import type { Deferred } from '../lib/deferred.js';
import { fromWireError, isError, ManyhandsError } from '../lib/errors.js';
import type { Random } from '../lib/crypto/random.js';
import { REQUESTS_IN_FLIGHT_MAX, SOCKET_BUFFER_BYTES_LOW } from '../lib/socket-limits.js';
import { backOffMs } from './back-off.js';
import { Link, settle } from './link.js';
import type { Answer, Call, SessionCodec, SessionMessage } from './link.js';
import { PendingRequests } from './pending-requests.js';
import type { Repeat } from './pending-requests.js';
import type { Connect } from './transport.js';

export type { Repeat } from './pending-requests.js';
export type { Call, SessionCodec, SessionMessage } from './link.js';

/**
 * - `idle`: before `open`.
 * - `connecting`: from dialling until greeted.
 * - `open`: greeted; messages flow.
 * - `waiting`: the connection was lost; the next try is due after the back-off.
 * - `closed`: for good, by `close` or by an error that trying again does not help.
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
   * Runs on every connection after the welcome, and may ask by `call`, before anything else is sent. Where it rejects
   * with an error that is not retryable, the session ends with it.
   */
  greet?: (welcome: never, call: Call) => Promise<void>;
  /** Every message that is no reply, refusal, welcome or goodbye, as the codec decoded it. */
  notice: (message: never) => void;
  /** Each change of state; `error` says why it became `waiting` or `closed`. */
  state?: (state: SessionState, error?: Error) => void;
  /** The scheduler's store takes nothing now, for this reason; what may be repeated is asked again until it does. */
  stalled?: (error: Error) => void;
  /** Whether a lost connection is opened again. @default true */
  reconnect?: boolean;
  /** Milliseconds in flight, while connected, after which a request rejects with `TIMEOUT`. @default 60_000 */
  requestTimeoutMs?: number;
}

const REQUEST_TIMEOUT_MS_DEFAULT = 60_000;
/** Whom the operator sent away comes again after so long. */
export const EVICTED_WAIT_MS = 60_000;
/** A connection that was open for so long was a good one: the back-off starts anew. */
const GOOD_CONNECTION_MS = 1_000;

/** The scheduler has not done it, and may when it is asked again. */
const STORE_REFUSALS: readonly string[] = ['STORE_BUSY', 'STORE_FULL', 'STORE_FAILED'];

export class ClientSession<R extends RequestMap<R> = RequestMap> {
  readonly #options: SessionOptions;
  readonly #requests: PendingRequests;
  readonly #requestTimeoutMs: number;
  #state: SessionState = 'idle';
  #link: Link | undefined;
  #opened: Deferred<void> | undefined;
  /** Why it is closed. */
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
      repeatAfterMs: (refusals) => backOffMs(refusals, options.random),
      stalled: (error) => options.stalled?.(error),
      send: ({ type, id, body }) => this.#link!.send({ type, id, ...(body as object) }),
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Why it is closed; undefined while it is not. */
  get endError(): Error | undefined {
    return this.#endError;
  }

  /** Bytes that were sent and have not left this process. */
  get bufferedBytes(): number {
    return this.#link?.bufferedBytes ?? 0;
  }

  /**
   * Opens the first connection; resolves once it is greeted. Calling it again gives the same promise.
   * @throws what went wrong, after which the session is closed: CONNECT_FAILED, CONNECTION_LOST, TIMEOUT, ABORTED,
   *   PROTOCOL_VERSION, MESSAGE_MALFORMED, CLOSED, the scheduler's goodbye, or what `greet` rejected with.
   */
  open(signal?: AbortSignal): Promise<void> {
    if (this.#opened !== undefined) return this.#opened.promise;
    this.#opened = deferred();
    const { promise } = this.#opened;
    if (this.#state === 'closed') this.#opened.reject(this.#endError);
    else if (signal?.aborted) void this.#finish(givenUp(signal));
    else {
      if (signal !== undefined) this.#heed(signal, promise);
      this.#connect();
    }
    return promise;
  }

  /**
   * Asks, and resolves with the checked body of the reply. Before the session is open, while it is between two
   * connections, and past `REQUESTS_IN_FLIGHT_MAX`, the request waits. With `repeat` it is asked again, in its order,
   * where the scheduler's store takes nothing at the moment.
   * @throws the scheduler's refusal, TIMEOUT, ABORTED by `signal`, CLOSED, or what ended the session.
   */
  request<K extends keyof R & string>(
    type: K,
    body: R[K][0],
    options: { signal?: AbortSignal | undefined; repeat?: Repeat | undefined } = {},
  ): Promise<R[K][1]> {
    if (this.#state === 'closed') return Promise.reject(this.#endError!);
    return this.#requests.add(type, body, options.signal, options.repeat);
  }

  /** Sends a message that gets no answer; dropped when the session is not open. Throws what the codec throws. */
  notify<M extends SessionMessage>(message: M): void {
    if (this.#state === 'open') this.#link!.send(message);
  }

  /** Resolves when little is buffered or the connection is lost. Rejects when the session closes. */
  drained(): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(this.#endError!);
    if (this.bufferedBytes <= SOCKET_BUFFER_BYTES_LOW) return Promise.resolve();
    const waiter = deferred();
    this.#drainWaiters.push(waiter);
    return waiter.promise;
  }

  /** Ends it: what is asked rejects with CLOSED. Resolves when the connection is gone, with all that was sent. */
  close(): Promise<void> {
    return this.#finish(new ManyhandsError('CLOSED', 'The session with the scheduler was closed.'));
  }

  readonly #newId = (): number => this.#nextId++;

  #heed(signal: AbortSignal, until: Promise<void>): void {
    const onAbort = (): void => void this.#finish(givenUp(signal));
    const unlisten = (): void => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    until.then(unlisten, unlisten);
  }

  #connect(): void {
    this.#cancelRetry = undefined;
    this.#become('connecting');
    if (this.#state !== 'connecting') return;
    const { url, connect, clock, codec, hello } = this.#options;
    const link: Link = new Link(
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
        notice: (message) => this.#options.notice(message as never),
        drain: () => this.#resolveDrained(),
        end: (error) => this.#linkEnded(error),
      },
    );
    this.#link = link;
  }

  #greeted(): void {
    this.#openedMs = this.#options.clock.monotonicMs();
    this.#state = 'open';
    this.#requests.start();
    this.#opened?.resolve();
    this.#options.state?.('open');
  }

  #answered(answer: Answer): void {
    const type = this.#requests.typeOf(answer.replyTo);
    // Answers what timed out, or was given up, meanwhile.
    if (type === undefined) return;
    // A scheduler that goes down has not done it; it is asked again on the next connection.
    if (answer.error?.code === 'SHUTTING_DOWN' && this.#reconnects) return;
    if (answer.error !== undefined && STORE_REFUSALS.includes(answer.error.code)) {
      if (this.#requests.putOff(answer.replyTo, fromWireError(answer.error))) return;
    }
    settle(this.#requests, type, answer, this.#options.codec);
  }

  get #reconnects(): boolean {
    return this.#options.reconnect ?? true;
  }

  #linkEnded(error: Error): void {
    this.#link = undefined;
    this.#requests.stop();
    if (this.#state === 'closed') return;
    const hadConnection = this.#failures > 0 || this.#openedMs !== undefined;
    if (!hadConnection || !this.#reconnects || !(isError(error) && error.retryable))
      return void this.#finish(error);
    const now = this.#options.clock.monotonicMs();
    if (this.#openedMs !== undefined && now - this.#openedMs >= GOOD_CONNECTION_MS) this.#failures = 0;
    this.#openedMs = undefined;
    this.#failures++;
    const waitMs = isError(error, 'EVICTED') ? EVICTED_WAIT_MS : 0;
    const afterMs = waitMs + backOffMs(this.#failures, this.#options.random);
    this.#cancelRetry = this.#options.clock.after(afterMs, () => this.#connect());
    this.#resolveDrained();
    this.#become('waiting', error);
  }

  #finish(error: Error): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    const link = this.#link;
    this.#endError = error;
    this.#cancelRetry?.();
    this.#become('closed', error);
    const gone = link?.end(error) ?? Promise.resolve();
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

function givenUp(signal: AbortSignal): ManyhandsError {
  return new ManyhandsError('ABORTED', 'Opening the session was given up.', {}, { cause: signal.reason });
}
