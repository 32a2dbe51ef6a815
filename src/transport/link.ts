/**
 * One connection of a session, from `connect` to its end: hello, welcome, greeting, pings, and what comes in. It ends
 * once, with the error that says why; the session decides what follows.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';
import { fromWireError, isError, ManyhandsError } from '../lib/errors.js';
import type { WireError } from '../lib/errors.js';
import { HANDSHAKE_MS_MAX, IDLE_MS_MAX, REQUESTS_IN_FLIGHT_MAX } from '../lib/socket-limits.js';
import { PendingRequests } from './pending-requests.js';
import type { Connect, Connection } from './transport.js';

/** What a session must see of any message. */
export interface SessionMessage {
  type: string;
  id?: number;
  replyTo?: number;
}

export interface Answer extends SessionMessage {
  replyTo: number;
  body?: unknown;
  error?: WireError;
}

/** How messages become bytes; `decode` and `reply` check what came and throw coded errors. */
export interface SessionCodec {
  encode(message: SessionMessage): Uint8Array;
  decode(bytes: Uint8Array): SessionMessage;
  /** Checks the body of the reply to a request of `type`; unchecked where absent. */
  reply?(type: string, body: unknown): unknown;
}

export type Call = (type: string, body: unknown) => Promise<unknown>;

export interface LinkOptions {
  url: string;
  connect: Connect;
  clock: Clock;
  codec: SessionCodec;
  hello: () => SessionMessage;
  greet?(welcome: SessionMessage, call: Call): Promise<void>;
  newId: () => number;
  requestTimeoutMs: number;
}

export interface LinkEvents {
  /** Greeted: anything may be sent. */
  open(): void;
  /** A reply or refusal that answers nothing of the link's own. */
  answer(answer: Answer): void;
  notice(message: SessionMessage): void;
  drain(): void;
  /** Once, in any case. */
  end(error: Error): void;
}

const PING_MS = IDLE_MS_MAX / 3;
/** A ping that nothing followed for so long was the last. */
const PING_SILENCE_MS_MAX = IDLE_MS_MAX - PING_MS;

export class Link {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  /** What the link itself asks: the greeting's calls and the pings. */
  readonly #calls: PendingRequests;
  readonly #giveUp = new AbortController();
  #state: 'connecting' | 'welcoming' | 'greeting' | 'open' | 'ended' = 'connecting';
  #connection: Connection | undefined;
  #cancelTimer: CancelTimer;
  #heardMs = 0;
  /** When the last ping went out. */
  #pingedMs: number | undefined;
  #closed: (() => void) | undefined;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    const { clock, newId, requestTimeoutMs: timeoutMs } = options;
    this.#calls = new PendingRequests({
      clock,
      newId,
      timeoutMs,
      inFlightMax: REQUESTS_IN_FLIGHT_MAX,
      send: ({ type, id, body }) => this.send({ type, id, ...(body as object) }),
    });
    this.#cancelTimer = clock.after(HANDSHAKE_MS_MAX, () => void this.end(noWelcome(options.url)));
    options.connect(options.url, { signal: this.#giveUp.signal }).then(
      (connection) => this.#connected(connection),
      (error: unknown) => this.end(coded(error)),
    );
  }

  get bufferedBytes(): number {
    return this.#connection?.bufferedBytes ?? 0;
  }

  /** Throws what the codec throws; what is sent as the connection breaks is lost. */
  send(message: SessionMessage): void {
    this.#connection?.send(this.#options.codec.encode(message));
  }

  /** Ends it from our side; resolves when the connection is gone. */
  end(error: Error): Promise<void> {
    if (this.#state === 'ended') return Promise.resolve();
    const connection = this.#connection;
    this.#state = 'ended';
    this.#cancelTimer();
    this.#giveUp.abort(error);
    this.#calls.rejectAll(() => error);
    const gone =
      connection === undefined ? Promise.resolve() : new Promise<void>((yes) => (this.#closed = yes));
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
        void this.end(lost(this.#options.url, reason === '' ? `code ${code}` : reason));
        this.#closed?.();
      },
      drain: () => this.#events.drain(),
    });
    try {
      this.send(this.#options.hello());
    } catch (error) {
      void this.end(coded(error));
    }
  }

  #received(bytes: Uint8Array): void {
    if (this.#state === 'ended') return;
    this.#heardMs = this.#options.clock.monotonicMs();
    let message: SessionMessage;
    try {
      message = this.#options.codec.decode(bytes);
    } catch (error) {
      // A newer scheduler may say more than we understand; it does not expect us to act on it.
      if (!isError(error, 'MESSAGE_UNKNOWN')) void this.end(coded(error));
      return;
    }
    if (message.type === 'goodbye') return void this.end(fromWireError((message as Answer).error!));
    if (this.#state === 'welcoming') return this.#welcomed(message);
    if (message.type === 'reply' || message.type === 'refusal') return this.#answered(message as Answer);
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
      if (this.#state === 'ended') return Promise.reject(lost(this.#options.url, 'it has ended'));
      return this.#calls.add(type, body);
    };
    const greeted = this.#options.greet?.(message, call) ?? Promise.resolve();
    greeted.then(
      () => {
        if (this.#state !== 'greeting') return;
        this.#state = 'open';
        this.#events.open();
      },
      (error: unknown) => void this.end(coded(error)),
    );
  }

  #answered(answer: Answer): void {
    const type = this.#calls.typeOf(answer.replyTo);
    if (type === undefined) return this.#events.answer(answer);
    settle(this.#calls, type, answer, this.#options.codec);
  }

  /** Timers of hidden tabs come late, so silence counts only where a ping went unanswered. */
  #watch(): void {
    this.#cancelTimer = this.#options.clock.after(PING_MS, () => this.#ping(), { background: true });
  }

  #ping(): void {
    const now = this.#options.clock.monotonicMs();
    const unanswered = this.#pingedMs !== undefined && this.#heardMs < this.#pingedMs;
    if (unanswered && now - this.#pingedMs! >= PING_SILENCE_MS_MAX) {
      return void this.end(lost(this.#options.url, `silent for ${Math.round(now - this.#heardMs)} ms`));
    }
    if (!unanswered) {
      this.#pingedMs = now;
      // Whether it is answered shows in what was heard.
      this.#calls.add('ping', {}).catch(() => undefined);
    }
    this.#watch();
  }
}

/** Settles the request that `answer` answers. */
export function settle(requests: PendingRequests, type: string, answer: Answer, codec: SessionCodec): void {
  if (answer.type === 'refusal') return requests.reject(answer.replyTo, fromWireError(answer.error!));
  try {
    requests.resolve(answer.replyTo, codec.reply ? codec.reply(type, answer.body) : answer.body);
  } catch (error) {
    requests.reject(answer.replyTo, coded(error));
  }
}

function coded(error: unknown): Error {
  if (isError(error)) return error;
  return new ManyhandsError('INTERNAL', `Unexpected: ${String(error)}`, {}, { cause: error });
}

function lost(url: string, why: string): ManyhandsError {
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
