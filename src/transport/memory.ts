/**
 * Connections inside one process: local mode, tests and the simulator. A message arrives in a later turn, never
 * inside `send`, in order, and is the very bytes that were sent: nobody may change them afterwards.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { SOCKET_BUFFER_BYTES_LOW } from '../lib/socket-limits.js';
import { connectFailed } from './connect-failed.js';
import { Inbox } from './inbox.js';
import type { Handlers } from './inbox.js';
import type { CloseInfo, Connect, Connection } from './transport.js';

/** How a delivery is put off: `run` is called later, in the order of the calls. */
export type Defer = (run: () => void) => void;

export interface MemoryOptions {
  /** One for what each end sends; by default a microtask. */
  defer?: readonly [Defer, Defer];
  /** What `peer` says of each end. */
  names?: readonly [string, string];
}

class MemoryConnection implements Connection {
  readonly peer: string;
  readonly #defer: Defer;
  readonly #inbox: Inbox;
  #other!: MemoryConnection;
  #open = true;
  /** Bytes sent that the other side has not handed over yet. */
  #unread = 0;

  constructor(peer: string, defer: Defer) {
    this.peer = peer;
    this.#defer = defer;
    this.#inbox = new Inbox((bytes) => this.#other.#wasRead(bytes));
  }

  static join(a: MemoryConnection, b: MemoryConnection): void {
    a.#other = b;
    b.#other = a;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get bufferedBytes(): number {
    return this.#unread;
  }

  send(bytes: Uint8Array): void {
    if (!this.#open) return;
    this.#unread += bytes.length;
    this.#defer(() => this.#other.#inbox.push(bytes));
  }

  close(code = 1000, reason = ''): void {
    if (!this.#open) return;
    this.#open = false;
    this.#inbox.shut();
    const info = { code, reason };
    this.#defer(() => {
      this.#other.#ended(info);
      this.#inbox.end(info);
    });
  }

  pause(): void {
    this.#inbox.pause();
  }

  resume(): void {
    if (!this.#inbox.paused) return;
    this.#inbox.resume();
    this.#defer(() => this.#inbox.deliver());
  }

  handle(handlers: Handlers): void {
    this.#inbox.handlers = handlers;
    this.#defer(() => this.#inbox.deliver());
  }

  /** Ends it at both ends at once; what is on its way is lost. */
  cut(info: CloseInfo): void {
    for (const end of [this, this.#other]) end.#ended(info);
  }

  #ended(info: CloseInfo): void {
    this.#open = false;
    this.#inbox.end(info);
  }

  #wasRead(bytes: number): void {
    const before = this.#unread;
    this.#unread -= bytes;
    if (before > SOCKET_BUFFER_BYTES_LOW && this.#unread <= SOCKET_BUFFER_BYTES_LOW) {
      this.#defer(() => this.#inbox.drained());
    }
  }
}

/** How a connection ends that nobody closed. */
const ABNORMAL: CloseInfo = { code: 1006, reason: '' };

export interface MemoryLink {
  ends: [Connection, Connection];
  /** Whether neither end has closed it. */
  isOpen(): boolean;
  /** Breaks it: what is on its way is lost, and both ends are told at once. */
  cut(): void;
}

/** Two ends of one connection, and a way to break it. */
export function memoryLink(options: MemoryOptions = {}): MemoryLink {
  const [deferA, deferB] = options.defer ?? [queueMicrotask, queueMicrotask];
  const [first, second] = options.names ?? ['memory', 'memory'];
  const a = new MemoryConnection(second, deferA);
  const b = new MemoryConnection(first, deferB);
  MemoryConnection.join(a, b);
  return { ends: [a, b], isOpen: () => a.isOpen && b.isOpen, cut: () => a.cut(ABNORMAL) };
}

/** Two ends of one connection. */
export function memoryPair(options: MemoryOptions = {}): [Connection, Connection] {
  return memoryLink(options).ends;
}

export interface MemoryNetwork {
  connect: Connect;
  /** Takes connections to `url`; the returned function stops that. Throws `ADDRESS_IN_USE`. */
  listen(url: string, onConnection: (connection: Connection) => void): () => void;
}

/** Any number of listeners, told apart by their address. */
export function memoryNetwork(options: MemoryOptions = {}): MemoryNetwork {
  const listeners = new Map<string, (connection: Connection) => void>();
  return {
    listen(url, onConnection) {
      if (listeners.has(url)) {
        throw new ManyhandsError('ADDRESS_IN_USE', `Something listens at ${url} already.`, { url });
      }
      listeners.set(url, onConnection);
      return () => void listeners.delete(url);
    },
    connect(url, { signal } = {}) {
      if (signal?.aborted)
        return Promise.reject(connectFailed(url, 'aborted', 'it was given up', signal.reason));
      const listener = listeners.get(url);
      if (listener === undefined)
        return Promise.reject(connectFailed(url, 'refused', 'nothing listens there'));
      const [client, server] = memoryPair(options);
      listener(server);
      return Promise.resolve(client);
    },
  };
}
