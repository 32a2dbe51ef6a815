/**
 * One WebSocket of `ws`, on either side, as a connection. Binary messages only, no compression.
 * @module
 */
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { MESSAGE_BYTES_MAX, SOCKET_BUFFER_BYTES_LOW } from '../lib/socket-limits.js';
import { Inbox } from './inbox.js';
import type { Handlers } from './inbox.js';
import type { Connection } from './transport.js';

/** RFC 6455: a kind of data that is not taken. */
const UNSUPPORTED_DATA = 1003;
/** Bytes of a close reason that fit into a control frame. */
const REASON_BYTES_MAX = 120;

/** What both sides of `ws` are set to. `closeTimeout`: how long a peer may take to answer our closing. */
export const WS_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MESSAGE_BYTES_MAX,
  closeTimeout: 5_000,
} as const;

export class NodeConnection implements Connection {
  readonly peer: string;
  readonly #socket: WebSocket;
  readonly #inbox = new Inbox();
  /** Whether more than `SOCKET_BUFFER_BYTES_LOW` waited since the last `drain`. */
  #full = false;

  constructor(socket: WebSocket, peer: string) {
    this.peer = peer;
    this.#socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
    // `ws` always lets a `close` follow, which is what our side acts on.
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => this.#inbox.end({ code, reason: reason.toString() }));
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(bytes, { binary: true }, this.#sent);
    if (this.#socket.bufferedAmount > SOCKET_BUFFER_BYTES_LOW) this.#full = true;
  }

  close(code = 1000, reason = ''): void {
    this.#inbox.shut();
    // A paused socket would never see the peer's answer.
    if (this.#socket.isPaused) this.#socket.resume();
    this.#socket.close(code, cut(reason));
  }

  pause(): void {
    this.#inbox.pause();
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#inbox.paused) return;
    this.#inbox.resume();
    queueMicrotask(() => {
      this.#inbox.deliver();
      if (!this.#inbox.paused) this.#socket.resume();
    });
  }

  handle(handlers: Handlers): void {
    this.#inbox.handlers = handlers;
    queueMicrotask(() => this.#inbox.deliver());
  }

  #received(data: RawData, isBinary: boolean): void {
    if (isBinary) return this.#inbox.push(data as Buffer);
    this.#inbox.shut();
    this.#socket.close(UNSUPPORTED_DATA, 'binary messages only');
  }

  readonly #sent = (): void => {
    if (!this.#full || this.#socket.bufferedAmount > SOCKET_BUFFER_BYTES_LOW) return;
    this.#full = false;
    this.#inbox.drained();
  };
}

function cut(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > REASON_BYTES_MAX) text = text.slice(0, -1);
  return text;
}
