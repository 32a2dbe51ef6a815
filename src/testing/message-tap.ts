/**
 * Connections of clients to a scheduler in this process, on which a test sees every message and injects faults: refused
 * connections and requests, delayed, lost, changed and repeated messages, lost connections.
 * @module
 */
import { ManyhandsError, toWireError } from '../lib/errors.js';
import type { ClientMessage, SchedulerMessage } from '../protocol/messages/messages.js';
import { decodeClientMessage, decodeSchedulerMessage, encodeMessage } from '../protocol/wire/codec.js';
import { connectMemory, type MemoryConnectionPair } from '../transport/memory.js';
import type { Connect, Connection } from '../transport/transport.js';

type Request = Extract<ClientMessage, { id: number }>;

/** One client's connection. */
export interface TappedConnection {
  /** Sends a message to the client that the scheduler did not send. */
  send(message: SchedulerMessage): void;
}

export class MessageTap {
  /** Every message of a client, in order. */
  readonly received: ClientMessage[] = [];
  /** Every message that was passed on to a client, in order. */
  readonly sent: SchedulerMessage[] = [];
  readonly connections = new Set<TappedConnection>();
  connectionAttempts = 0;
  /** While true, connection attempts fail with `CONNECT_FAILED`. */
  refusesConnections = false;
  /** Request types that are refused with `STORE_BUSY`. */
  readonly busyRequests = new Set<string>();
  /** Replies to requests of these types are held until `releaseReplies`. */
  readonly delayedReplies = new Set<string>();
  /** Called before a request is passed on; an error that it throws is sent as the refusal. `lost`: its reply is dropped. */
  beforeRequest: ((request: Request) => 'lost' | void) | undefined;
  /** Replaces a message of the scheduler: what it returns is sent instead. */
  changeMessage: (message: SchedulerMessage) => SchedulerMessage[] = (message) => [message];
  /** Replaces a message of a client before it reaches the scheduler. */
  changeReceived: (message: ClientMessage) => ClientMessage = (message) => message;
  readonly #pairs = new Set<MemoryConnectionPair>();
  readonly #heldReplies: (() => void)[] = [];
  readonly #accept: (connection: Connection) => void | Promise<void>;

  /** @param accept passes a connection to the scheduler */
  constructor(accept: (connection: Connection) => void | Promise<void>) {
    this.#accept = accept;
  }

  readonly connect: Connect = async (url) => {
    this.connectionAttempts++;
    if (this.refusesConnections) throw new ManyhandsError('CONNECT_FAILED', 'refused by the test', { url });
    const near = connectMemory();
    const far = connectMemory();
    await this.#accept(far.ends[1]);
    this.#pairs.add(near);
    this.#join(near, far.ends[0]);
    return near.ends[0];
  };

  /** Breaks every connection, as a lost network does. */
  disconnectAll(): void {
    for (const pair of this.#pairs) pair.abort();
  }

  releaseReplies(): void {
    this.delayedReplies.clear();
    for (const release of this.#heldReplies.splice(0)) release();
  }

  requestsOfType<T extends ClientMessage['type']>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.received.filter((m): m is Extract<ClientMessage, { type: T }> => m.type === type);
  }

  /** Sends a message to every client that the scheduler did not send. */
  broadcast(message: SchedulerMessage): void {
    for (const connection of this.connections) connection.send(message);
  }

  /** Passes messages on between the client's connection and the scheduler's. */
  #join(near: MemoryConnectionPair, far: Connection): void {
    const client = near.ends[1];
    const requests = new Map<number, { type: string; isLost: boolean }>();
    const pass = (message: SchedulerMessage): void => {
      this.sent.push(message);
      client.send(encodeMessage(message));
    };
    const tapped = { send: pass };
    this.connections.add(tapped);
    client.handle({
      message: (bytes) => {
        const message = decodeClientMessage(bytes);
        this.received.push(message);
        if ('id' in message) {
          const refusal = this.#refusal(message);
          if (refusal instanceof Error)
            return pass({ type: 'refusal', replyTo: message.id, error: toWireError(refusal) });
          requests.set(message.id, { type: message.type, isLost: refusal === 'lost' });
        }
        const changed = this.changeReceived(message);
        far.send(changed === message ? bytes : encodeMessage(changed));
      },
      close: ({ code, reason }) => {
        this.#pairs.delete(near);
        this.connections.delete(tapped);
        far.close(code, reason);
      },
    });
    far.handle({
      message: (bytes) => {
        const message = decodeSchedulerMessage(bytes);
        const request = 'replyTo' in message ? requests.get(message.replyTo) : undefined;
        if (request?.isLost) return;
        const passAll = (): void => this.changeMessage(message).forEach(pass);
        if (request !== undefined && this.delayedReplies.has(request.type)) this.#heldReplies.push(passAll);
        else passAll();
      },
      close: ({ code, reason }) => client.close(code, reason),
    });
  }

  #refusal(request: Request): Error | 'lost' | undefined {
    if (this.busyRequests.has(request.type))
      return new ManyhandsError('STORE_BUSY', 'the database is locked by the test');
    try {
      return this.beforeRequest?.(request) ?? undefined;
    } catch (error) {
      return error as Error;
    }
  }
}
