/**
 * A client of a scheduler: the connection of a deployer, a worker or an operator. It says hello, sends the typed requests of
 * its role, repeats those without a reply, and limits how long a request waits for a lost connection.
 * @module
 */
import { abortable, abortError } from '../../lib/abortable.js';
import type { CancelTimer, Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/crypto/random.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { SOFTWARE_VERSION } from '../../lib/version.js';
import type { Hello, SchedulerMessage, Welcome } from '../../protocol/messages/messages.js';
import { clientCodec } from '../../protocol/wire/codec.js';
import type { SchedulerUrl } from '../../protocol/wire/scheduler-url.js';
import { PROTOCOL_VERSION } from '../../protocol/messages/version.js';
import type { Connect } from '../../transport/transport.js';
import { withConnectAdvice } from './no-scheduler.js';
import type { Outage } from './outage.js';
import type { RetryPolicy } from './pending-requests.js';
import { ClientSession, type RequestMap, type SessionMessage, type SessionState } from './session.js';
import type { Call } from './session-connection.js';

/** Delay before an unused connection is closed, milliseconds, so that consecutive jobs share one. */
const IDLE_CLOSE_MS = 250;
/** How often a request that timed out is sent again. All requests are idempotent. */
const REPEATS_MAX = 2;

export interface SchedulerClientOptions {
  url: SchedulerUrl;
  connect: Connect;
  clock: Clock;
  random: Random;
  /** The role of this client, and what the hello of that role contains. */
  hello: () => Pick<Hello, 'role' | 'worker' | 'operatorToken'>;
  /** Proves identities on every connection, before anything else is sent; see `SessionOptions.greet`. */
  greet?: (welcome: Welcome, call: Call) => Promise<void>;
  notice?: (message: SchedulerMessage) => void;
  state?: (state: SessionState, error?: Error) => void;
  /** The scheduler's store accepts no writes; requests with a retry policy are sent again until it does. */
  stalled?: (error: Error) => void;
  /**
   * Limits how long a request waits for a lost connection. Absent for a worker: it has nothing to do but to wait, and its
   * leases have deadlines of their own.
   */
  outage?: Outage;
  /**
   * How the user of this client names a scheduler, for the advice in the error of a failed connection. Absent for a worker,
   * whose page and command give their own.
   */
  addressOption?: string;
  /**
   * Whether the connection is opened by the first request, closed while nobody retains it, and opened again by the next
   * one. That is for a deployer, whose connection must not keep its process alive. Otherwise `open` and `close` are called
   * once each.
   * @default false
   */
  isOnDemand?: boolean;
  /** The retry policy of a request that names none. */
  retryPolicy?: (type: string, body: unknown) => RetryPolicy | undefined;
  /**
   * How often a request that timed out is sent again. 0 for a worker: by then the scheduler grants its leases to others.
   * @default 2
   */
  repeatsMax?: number;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** Waits for a connection without a time limit. @default false */
  waitForConnection?: boolean;
  /** How the request is repeated while the scheduler's store is busy. @default it rejects with STORE_BUSY */
  retry?: RetryPolicy | undefined;
  /**
   * Whether the caller retains the connection itself, so that a request which it abandons does not keep it open.
   * @default false
   */
  isRetained?: boolean;
}

export class SchedulerClient<R extends RequestMap<R>> {
  readonly url: SchedulerUrl;
  readonly #options: SchedulerClientOptions;
  #session: ClientSession<R> | undefined;
  #opening: Promise<void> | undefined;
  #opened = false;
  #retainCount = 0;
  #cancelIdle: CancelTimer | undefined;

  constructor(options: SchedulerClientOptions) {
    this.url = options.url;
    this.#options = options;
  }

  get state(): SessionState {
    return this.#session?.state ?? 'idle';
  }

  /** The reason for which the connection was ended; undefined while it was not. */
  get endError(): Error | undefined {
    return this.#session?.endError;
  }

  /**
   * Opens the first connection; later ones are opened by themselves. The signal ends the attempt.
   * @throws CONNECT_FAILED, PROTOCOL_VERSION, ABORTED, CLOSED and the errors of the scheduler
   */
  open(signal?: AbortSignal): Promise<void> {
    this.#opening ??= this.#start(signal);
    return this.#opening;
  }

  /** Ends the connection; pending requests reject with CLOSED. */
  async close(): Promise<void> {
    this.#session ??= this.#createSession();
    this.#opening ??= Promise.reject(new ManyhandsError('CLOSED', 'The connection was closed.'));
    this.#opening.catch(() => undefined);
    await this.#session.close();
  }

  /** Keeps the connection open until the returned function is called. Further calls of that function do nothing. */
  retain(): () => void {
    this.#retainCount++;
    this.#cancelIdle?.();
    let isRetained = true;
    return () => {
      if (isRetained && --this.#retainCount === 0) this.#closeWhenIdle();
      isRetained = false;
    };
  }

  /**
   * Sends one request; it is sent again if the connection is lost before the reply. With `waitForConnection` it waits
   * for a connection without a time limit: it belongs to a job whose events report the lost connection.
   * @throws CONNECT_FAILED, CLOSED, ABORTED or TIMEOUT by the signal, and the errors of the scheduler
   */
  async request<K extends keyof R & string>(
    type: K,
    body: R[K][0],
    options: RequestOptions = {},
  ): Promise<R[K][1]> {
    const { signal, retry = this.#options.retryPolicy?.(type, body) } = options;
    if (signal?.aborted) throw abortError(type, signal);
    const release = options.isRetained ? undefined : this.retain();
    const outage = options.waitForConnection ? undefined : this.#options.outage;
    try {
      for (let repeats = 0; ; repeats++) {
        // After the first connection, requests go to the session synchronously, so that they keep the order of the calls.
        if (!this.#opened) await abortable(type, this.#whenOpen(), signal);
        try {
          const session = this.#session;
          if (session === undefined) throw new ManyhandsError('CLOSED', 'The connection was closed.');
          if (outage === undefined) return await session.request(type, body, { signal, retry });
          return await outage.limit(signal, (limited) =>
            session.request(type, body, { signal: limited, retry }),
          );
        } catch (error) {
          if (signal?.aborted && isError(error, 'ABORTED')) throw abortError(type, signal);
          const { repeatsMax = REPEATS_MAX } = this.#options;
          if (!isError(error, 'TIMEOUT') || repeats >= repeatsMax) throw error;
        }
      }
    } finally {
      release?.();
    }
  }

  /** Sends a message without a reply; it is dropped while there is no connection. */
  notify<M extends SessionMessage>(message: M): void {
    this.#session?.notify(message);
  }

  #whenOpen(): Promise<void> {
    if (this.#opening !== undefined || this.#options.isOnDemand) return this.open();
    return Promise.reject(new ManyhandsError('CLOSED', 'The connection is not opened yet.'));
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    const { outage, addressOption } = this.#options;
    const session = (this.#session = this.#createSession());
    try {
      await session.open(signal ?? outage?.connectTimeout());
    } catch (error) {
      if (this.#session === session) this.#ended();
      throw addressOption === undefined ? error : withConnectAdvice(error, this.url.http, addressOption);
    }
    this.#opened = true;
  }

  #createSession(): ClientSession<R> {
    const { url, connect, clock, random, hello, greet, notice, stalled } = this.#options;
    const software = `manyhands/${SOFTWARE_VERSION}`;
    const session: ClientSession<R> = new ClientSession<R>({
      url: url.socket,
      connect,
      clock,
      random,
      codec: clientCodec,
      hello: () => ({ type: 'hello', protocol: PROTOCOL_VERSION, software, ...hello() }),
      ...(greet && { greet }),
      // Without a function in between: every journal row passes here.
      notice: notice ?? (() => undefined),
      ...(stalled && { stalled }),
      state: (state, error) => {
        if (this.#session === session) this.#stateChanged(state, error);
      },
    });
    return session;
  }

  #stateChanged(state: SessionState, error: Error | undefined): void {
    const { outage } = this.#options;
    if (state === 'waiting')
      outage?.disconnected(error ?? new ManyhandsError('CONNECTION_LOST', 'no reason given'));
    else if (state === 'open') outage?.reconnected();
    else if (state === 'closed') this.#ended();
    this.#options.state?.(state, error);
  }

  /** Forgets an ended session, if another one may be opened. */
  #ended(): void {
    this.#options.outage?.end();
    if (!this.#options.isOnDemand) return;
    this.#session = undefined;
    this.#opening = undefined;
    this.#opened = false;
  }

  #closeWhenIdle(): void {
    if (!this.#options.isOnDemand) return;
    const close = (): void => {
      const session = this.#session;
      this.#ended();
      void session?.close();
    };
    this.#cancelIdle = this.#options.clock.after(IDLE_CLOSE_MS, close, { background: true });
  }
}
