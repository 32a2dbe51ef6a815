/**
 * One connection of a session, from `connect` to its end: hello, welcome, greeting, pings and received messages. It ends
 * once, with an error as the reason; the session decides what follows.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { fromWireError, isError, ManyhandsError, toCodedError } from '../../lib/errors.js';
import { HANDSHAKE_MS_MAX, IDLE_MS_MAX, REQUESTS_IN_FLIGHT_MAX } from '../../lib/socket-limits.js';
import { PendingRequests, type ResponseMessage } from './pending-requests.js';
import type { Connect, Connection } from '../../transport/transport.js';

/** The fields of a message that a session uses. */
export interface SessionMessage {
  type: string;
  id?: number;
  replyTo?: number;
}

/** Encodes and decodes messages; `decode` and `reply` check what was received and throw coded errors. */
export interface SessionCodec {
  encode(message: SessionMessage): Uint8Array;
  decode(bytes: Uint8Array): SessionMessage;
  /** Checks the body of the reply to a request of `type`; without it bodies are not checked. */
  reply?(type: string, body: unknown): unknown;
}

/** Sends a request; resolves with the body of its reply. */
export type Call = (type: string, body: unknown) => Promise<unknown>;

export interface SessionConnectionOptions {
  url: string;
  connect: Connect;
  clock: Clock;
  codec: SessionCodec;
  hello: () => SessionMessage;
  greet?(welcome: SessionMessage, call: Call): Promise<void>;
  newId: () => number;
  requestTimeoutMs: number;
}

export interface SessionConnectionEvents {
  /** The greeting is done: anything may be sent. */
  open(): void;
  /** A response to a request that is not the connection's own. */
  answer(answer: ResponseMessage): void;
  notice(message: SessionMessage): void;
  drain(): void;
  /** Called exactly once. */
  end(error: Error): void;
}

const PING_MS = IDLE_MS_MAX / 3;
/** The connection ends where nothing was received for so long after a ping, milliseconds. */
const PING_SILENCE_MS_MAX = IDLE_MS_MAX - PING_MS;

export class SessionConnection {
  readonly #options: SessionConnectionOptions;
  readonly #events: SessionConnectionEvents;
  /** The connection's own requests: the greeting's and the pings. */
  readonly #calls: PendingRequests;
  readonly #connectAbort = new AbortController();
  #state: 'connecting' | 'welcoming' | 'greeting' | 'open' | 'ended' = 'connecting';
  #connection: Connection | undefined;
  #cancelTimer: CancelTimer;
  /** When the last message was received, monotonic milliseconds. */
  #receivedMs = 0;
  /** When the last ping was sent, monotonic milliseconds. */
  #pingedMs: number | undefined;
  #closed: (() => void) | undefined;

  constructor(options: SessionConnectionOptions, events: SessionConnectionEvents) {
    this.#options = options;
    this.#events = events;
    const { clock, newId, requestTimeoutMs: timeoutMs } = options;
    this.#calls = new PendingRequests({
      clock,
      newId,
      timeoutMs,
      inFlightMax: REQUESTS_IN_FLIGHT_MAX,
      checkReply: options.codec.reply?.bind(options.codec),
      send: ({ type, id, body }) => this.send({ type, id, ...(body as object) }),
    });
    this.#cancelTimer = clock.after(HANDSHAKE_MS_MAX, () => void this.end(noWelcome(options.url)));
    options.connect(options.url, { signal: this.#connectAbort.signal }).then(
      (connection) => this.#connected(connection),
      (error: unknown) => this.end(toCodedError(error)),
    );
  }

  get bufferedBytes(): number {
    return this.#connection?.bufferedBytes ?? 0;
  }

  /** A message that is sent while the connection breaks is lost. @throws what the codec throws */
  send(message: SessionMessage): void {
    this.#connection?.send(this.#options.codec.encode(message));
  }

  /** Ends it from this side; resolves when the connection is closed. */
  end(error: Error): Promise<void> {
    if (this.#state === 'ended') return Promise.resolve();
    const connection = this.#connection;
    this.#state = 'ended';
    this.#cancelTimer();
    this.#connectAbort.abort(error);
    this.#calls.rejectAll(() => error);
    const gone =
      connection === undefined ? Promise.resolve() : new Promise<void>((resolve) => (this.#closed = resolve));
    connection?.close();
    this.#events.end(error);
    return gone;
  }

  #connected(connection: Connection): void {
    if (this.#state !== 'connecting') return connection.close();
    this.#connection = connection;
    this.#state = 'welcoming';
    connection.handle({
      message: (bytes) => this.#received(bytes),
      close: ({ code, reason }) => {
        void this.end(connectionLost(this.#options.url, reason === '' ? `code ${code}` : reason));
        this.#closed?.();
      },
      drain: () => this.#events.drain(),
    });
    try {
      this.send(this.#options.hello());
    } catch (error) {
      void this.end(toCodedError(error));
    }
  }

  #received(bytes: Uint8Array): void {
    if (this.#state === 'ended') return;
    this.#receivedMs = this.#options.clock.monotonicMs();
    let message: SessionMessage;
    try {
      message = this.#options.codec.decode(bytes);
    } catch (error) {
      // A newer scheduler may send notices that this version does not know; they may be ignored.
      if (!isError(error, 'MESSAGE_UNKNOWN')) void this.end(toCodedError(error));
      return;
    }
    if (message.type === 'goodbye') return void this.end(fromWireError((message as ResponseMessage).error!));
    if (this.#state === 'welcoming') return this.#welcomed(message);
    if (message.type === 'reply' || message.type === 'refusal')
      return this.#answered(message as ResponseMessage);
    this.#events.notice(message);
  }

  #welcomed(message: SessionMessage): void {
    if (message.type !== 'welcome') {
      const problem = `The first message from ${this.#options.url} was not a welcome.`;
      return void this.end(new ManyhandsError('MESSAGE_MALFORMED', problem, { type: message.type }));
    }
    this.#state = 'greeting';
    this.#cancelTimer();
    this.#calls.start();
    this.#watch();
    const call: Call = (type, body) => {
      if (this.#state === 'ended') return Promise.reject(connectionLost(this.#options.url, 'it has ended'));
      return this.#calls.add(type, body);
    };
    const greeted = this.#options.greet?.(message, call) ?? Promise.resolve();
    greeted.then(
      () => {
        if (this.#state !== 'greeting') return;
        this.#state = 'open';
        this.#events.open();
      },
      (error: unknown) => void this.end(toCodedError(error)),
    );
  }

  #answered(answer: ResponseMessage): void {
    if (this.#calls.isInFlight(answer.replyTo)) this.#calls.settle(answer);
    else this.#events.answer(answer);
  }

  /** Timers of hidden tabs are late, so silence counts only after a ping. */
  #watch(): void {
    this.#cancelTimer = this.#options.clock.after(PING_MS, () => this.#ping(), { background: true });
  }

  #ping(): void {
    const now = this.#options.clock.monotonicMs();
    const unanswered = this.#pingedMs !== undefined && this.#receivedMs < this.#pingedMs;
    if (unanswered && now - this.#pingedMs! >= PING_SILENCE_MS_MAX) {
      return void this.end(
        connectionLost(this.#options.url, `silent for ${Math.round(now - this.#receivedMs)} ms`),
      );
    }
    if (!unanswered) {
      this.#pingedMs = now;
      // Any received message counts as the answer.
      this.#calls.add('ping', {}).catch(() => undefined);
    }
    this.#watch();
  }
}

function connectionLost(url: string, why: string): ManyhandsError {
  return new ManyhandsError('CONNECTION_LOST', `The connection to ${url} was lost: ${why}.`, { url });
}

function noWelcome(url: string): ManyhandsError {
  return new ManyhandsError(
    'TIMEOUT',
    `No welcome from ${url} in ${HANDSHAKE_MS_MAX} ms. Is a scheduler running there?`,
    {
      url,
      ms: HANDSHAKE_MS_MAX,
    },
  );
}
