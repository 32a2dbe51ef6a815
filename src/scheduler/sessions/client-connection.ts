/**
 * One socket of a client: handshake, decoding, replies and refusals, and limits on peers that read too slowly, send no
 * hello or send too much. Its session handles only decoded messages.
 * @module
 */
import { isError, ManyhandsError, toWireError } from '../../lib/errors.js';
import { toHex } from '../../lib/crypto/ids.js';
import { SOFTWARE_VERSION } from '../../lib/version.js';
import { decodeClientMessage, encodeMessage } from '../../protocol/wire/codec.js';
import {
  HANDSHAKE_MS_MAX,
  REQUEST_BYTES_IN_FLIGHT_MAX,
  REQUESTS_IN_FLIGHT_MAX,
  SOCKET_BUFFER_BYTES_MAX,
} from '../../protocol/limits.js';
import type { ClientMessage, Hello, SchedulerMessage } from '../../protocol/messages/messages.js';
import { PROTOCOL_VERSION } from '../../protocol/messages/version.js';
import type { Connection } from '../../transport/transport.js';
import type { SchedulerNode } from '../services/scheduler-node.js';
import { RepeatGuard } from './repeat-guard.js';
import type { Session, RequestMessage } from './session.js';
export type OpenSession = (connection: ClientConnection, hello: Hello) => Session;

/** RFC 6455: protocol error. */
const CLOSE_PROTOCOL = 1002;
const CLOSE_TRY_LATER = 1013;

/** Requests whose refusal is logged at level `info`. */
const LOGGED_REFUSALS: readonly string[] = ['job.deploy', 'session.prove', 'group.prove', 'account.mint'];

/**
 * Requests that are executed even if the client has left meanwhile, because it need not wait for their replies. A close is not
 * among them: appends before it may not have been executed, and the client repeats all of them when it reconnects.
 */
const LAST_REQUESTS: readonly string[] = ['job.cancel', 'lease.release'];

export class ClientConnection {
  /** The challenge that a client signs to prove its address. */
  readonly challenge: string;
  readonly #node: SchedulerNode;
  readonly #connection: Connection;
  readonly #open: OpenSession;
  readonly #guard: RepeatGuard;
  #session: Session | undefined;
  /** Resolves when all earlier requests have been started. */
  #started: Promise<void> = Promise.resolve();
  #inFlight = 0;
  #inFlightBytes = 0;
  #isClosed = false;
  #cancelTimer: () => void;

  constructor(node: SchedulerNode, connection: Connection, open: OpenSession) {
    this.#node = node;
    this.#connection = connection;
    this.#open = open;
    this.#guard = new RepeatGuard(node.options.clock);
    this.challenge = toHex(node.options.random.bytes(32));
    this.#cancelTimer = this.#after(HANDSHAKE_MS_MAX, 'no hello was received in time');
    connection.handle({
      message: (bytes) => this.#receive(bytes),
      close: () => this.#ended(),
      drain: () => this.#session?.drained?.(),
    });
  }

  /** Address and port of the peer. */
  get peer(): string {
    return this.#connection.peer;
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  send(message: SchedulerMessage): void {
    if (this.#isClosed) return;
    if (this.#connection.bufferedBytes > SOCKET_BUFFER_BYTES_MAX) {
      return this.#close(CLOSE_TRY_LATER, 'the client reads too slowly');
    }
    this.#connection.send(encodeMessage(message));
  }

  /** Sends the reason as `goodbye`, and closes. */
  dismiss(error: ManyhandsError, code = CLOSE_PROTOCOL): void {
    if (this.#isClosed) return;
    if (error.code !== 'CLOSED') {
      this.#node.options.log('info', 'refused', { peer: this.peer, code: error.code, reason: error.message });
    }
    this.send({ type: 'goodbye', error: toWireError(error) });
    this.#close(code, error.code);
  }

  /** Closes the socket and ends the session at once, because its client can no longer be reached. */
  #close(code: number, reason: string): void {
    this.#connection.close(code, reason);
    this.#ended();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    let message: ClientMessage;
    try {
      message = decodeClientMessage(bytes);
    } catch (error) {
      return this.#refuse(error);
    }
    try {
      this.#dispatch(message, bytes.byteLength);
    } catch (error) {
      this.dismiss(asError(error));
    }
  }

  /** Refuses a malformed request by its id; any other malformed message ends the connection. */
  #refuse(cause: unknown): void {
    const error = asError(cause);
    const { id } = error.info as { id?: unknown };
    if (this.#session === undefined || typeof id !== 'number') return this.dismiss(error);
    this.send({ type: 'refusal', replyTo: id, error: toWireError(error) });
  }

  #dispatch(message: ClientMessage, bytes: number): void {
    if (message.type === 'hello') return this.#handleHello(message);
    if (this.#session === undefined) {
      throw new ManyhandsError('UNAUTHENTICATED', 'the first message must be hello', { type: message.type });
    }
    if ('id' in message) this.#start(message, bytes, this.#session);
    else this.#session.notice(message);
  }

  #handleHello(hello: Hello): void {
    if (this.#session !== undefined) {
      throw new ManyhandsError('MESSAGE_MALFORMED', 'hello was already received on this connection', {
        path: 'type',
      });
    }
    const { store, clock, worktimes, minimumPrice } = this.#node.options;
    this.#session = this.#open(this, hello);
    // From now on the transport detects a lost peer; a hidden tab may send nothing for a minute.
    this.#cancelTimer();
    this.send({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      software: SOFTWARE_VERSION,
      schedulerId: store.schedulerId,
      nowMs: clock.wallMs(),
      challenge: this.challenge,
      worktimes: worktimes.map(({ name, version }) => ({ name, version })),
      minimumPrice,
    });
  }

  /** Starts requests one after another, so that pipelined requests keep their order. */
  #start(message: RequestMessage, bytes: number, session: Session): void {
    this.#inFlight += 1;
    this.#inFlightBytes += bytes;
    if (this.#isFull()) this.#connection.pause();
    const isRepeated = this.#guard.received(message);
    const refuse = (error: unknown): void => {
      this.#guard.refused(message, error);
      this.send(this.#refusal(message, error));
    };
    this.#started = this.#started.then(async () => {
      if (this.#isClosed && !LAST_REQUESTS.includes(message.type)) return this.#requestEnded(bytes);
      try {
        const { done, onSent } = await this.#node.turns.run(async () => {
          this.#guard.begin(message, isRepeated);
          return session.request(message);
        });
        done
          .then((body) => this.send({ type: 'reply', replyTo: message.id, body }))
          .then(onSent)
          .catch(refuse)
          .finally(() => this.#requestEnded(bytes));
      } catch (error) {
        refuse(error);
        this.#requestEnded(bytes);
      }
    });
  }

  #refusal(message: RequestMessage, cause: unknown): SchedulerMessage {
    const error = asError(cause);
    if (error.code === 'INTERNAL') {
      const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      this.#node.options.log('error', 'request failed', { type: message.type, cause: text });
    } else {
      const level = LOGGED_REFUSALS.includes(message.type) ? 'info' : 'debug';
      const { code, message: reason } = error;
      this.#node.options.log(level, 'refused', { peer: this.peer, type: message.type, code, reason });
    }
    return { type: 'refusal', replyTo: message.id, error: toWireError(error) };
  }

  #isFull(): boolean {
    return this.#inFlight >= REQUESTS_IN_FLIGHT_MAX || this.#inFlightBytes >= REQUEST_BYTES_IN_FLIGHT_MAX;
  }

  #requestEnded(bytes: number): void {
    const wasFull = this.#isFull();
    this.#inFlight -= 1;
    this.#inFlightBytes -= bytes;
    if (wasFull && !this.#isFull()) this.#connection.resume();
  }

  #after(ms: number, why: string): () => void {
    const leave = (): void => this.dismiss(new ManyhandsError('TIMEOUT', why));
    return this.#node.options.clock.after(ms, leave, { background: true });
  }

  #ended(): void {
    this.#isClosed = true;
    this.#cancelTimer();
    const session = this.#session;
    this.#session = undefined;
    session?.end();
  }
}

function asError(error: unknown): ManyhandsError {
  if (isError(error)) return error;
  return new ManyhandsError(
    'INTERNAL',
    'the scheduler failed to process the request: see its log',
    {},
    { cause: error },
  );
}
