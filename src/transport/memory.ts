/**
 * Connections inside one process, for local mode, tests and the simulator. A message arrives in a later turn, never
 * inside `send`, and in order. Its bytes are not copied: they must not be changed after `send`.
 * @module
 */
import { SOCKET_BUFFER_BYTES_LOW } from '../lib/socket-limits.js';
import { ReceiveQueue } from './receive-queue.js';
import type { Handlers } from './receive-queue.js';
import type { CloseInfo, Connection } from './transport.js';

/** Schedules a delivery: `run` is called later, in the order of the calls. */
export type Defer = (run: () => void) => void;

export interface MemoryOptions {
  /** One for each end's messages. @default queueMicrotask */
  defer?: readonly [Defer, Defer];
  /** The name of each end, for the other end's `peer`. */
  names?: readonly [string, string];
}

class MemoryConnection implements Connection {
  readonly peer: string;
  readonly #defer: Defer;
  readonly #queue: ReceiveQueue;
  #other!: MemoryConnection;
  #open = true;
  /** Bytes sent that are not delivered at the other end yet. */
  #undelivered = 0;

  constructor(peer: string, defer: Defer) {
    this.peer = peer;
    this.#defer = defer;
    this.#queue = new ReceiveQueue((bytes) => this.#other.#delivered(bytes));
  }

  static join(a: MemoryConnection, b: MemoryConnection): void {
    a.#other = b;
    b.#other = a;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get bufferedBytes(): number {
    return this.#undelivered;
  }

  send(bytes: Uint8Array): void {
    if (!this.#open) return;
    this.#undelivered += bytes.length;
    this.#defer(() => this.#other.#queue.push(bytes));
  }

  close(code = 1000, reason = ''): void {
    if (!this.#open) return;
    this.#open = false;
    this.#queue.discard();
    const info = { code, reason };
    this.#defer(() => {
      this.#other.#ended(info);
      this.#queue.end(info);
    });
  }

  pause(): void {
    this.#queue.pause();
  }

  resume(): void {
    if (!this.#queue.paused) return;
    this.#queue.resume();
    this.#defer(() => this.#queue.deliver());
  }

  handle(handlers: Handlers): void {
    this.#queue.handlers = handlers;
    this.#defer(() => this.#queue.deliver());
  }

  /** Ends it at both ends at once; undelivered messages are lost. */
  abort(info: CloseInfo): void {
    for (const end of [this, this.#other]) end.#ended(info);
  }

  #ended(info: CloseInfo): void {
    this.#open = false;
    this.#queue.end(info);
  }

  #delivered(bytes: number): void {
    const before = this.#undelivered;
    this.#undelivered -= bytes;
    if (before > SOCKET_BUFFER_BYTES_LOW && this.#undelivered <= SOCKET_BUFFER_BYTES_LOW) {
      this.#defer(() => this.#queue.drained());
    }
  }
}

/** Close code of a connection that ended without a closing handshake. */
const ABNORMAL: CloseInfo = { code: 1006, reason: '' };

export interface MemoryConnectionPair {
  ends: [Connection, Connection];
  /** Whether neither end has closed it. */
  isOpen(): boolean;
  /** Breaks the connection: undelivered messages are lost, and both ends are closed at once. */
  abort(): void;
}

/** The two ends of one connection, and a way to break it. */
export function connectMemory(options: MemoryOptions = {}): MemoryConnectionPair {
  const [deferA, deferB] = options.defer ?? [queueMicrotask, queueMicrotask];
  const [first, second] = options.names ?? ['memory', 'memory'];
  const a = new MemoryConnection(second, deferA);
  const b = new MemoryConnection(first, deferB);
  MemoryConnection.join(a, b);
  return { ends: [a, b], isOpen: () => a.isOpen && b.isOpen, abort: () => a.abort(ABNORMAL) };
}

/** The two ends of one connection. */
export function memoryPair(options: MemoryOptions = {}): [Connection, Connection] {
  return connectMemory(options).ends;
}
