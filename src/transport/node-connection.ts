/**
 * One WebSocket of `ws`, on either side, as a connection. Binary messages only, no compression.
 * @module
 */
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { MESSAGE_BYTES_MAX, SOCKET_BUFFER_BYTES_LOW } from '../lib/socket-limits.js';
import { ReceiveQueue } from './receive-queue.js';
import type { Handlers } from './receive-queue.js';
import type { Connection } from './transport.js';

/** RFC 6455: a type of data that the endpoint does not accept. */
const UNSUPPORTED_DATA = 1003;
/** Bytes of a close reason that fit into a control frame. */
const REASON_BYTES_MAX = 120;

/** Options of `ws` on both sides. `closeTimeout`: milliseconds for the peer's answer to a close frame. */
export const WS_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MESSAGE_BYTES_MAX,
  closeTimeout: 5_000,
} as const;

export class NodeConnection implements Connection {
  readonly peer: string;
  readonly #socket: WebSocket;
  readonly #queue = new ReceiveQueue();
  /** Whether more than `SOCKET_BUFFER_BYTES_LOW` were buffered since the last `drain`. */
  #full = false;

  constructor(socket: WebSocket, peer: string) {
    this.peer = peer;
    this.#socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
    // `ws` always emits `close` after it, which ends the connection here.
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => this.#queue.end({ code, reason: reason.toString() }));
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
    this.#queue.discard();
    // A paused socket would not receive the peer's close frame.
    if (this.#socket.isPaused) this.#socket.resume();
    this.#socket.close(code, truncateReason(reason));
  }

  pause(): void {
    this.#queue.pause();
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#queue.paused) return;
    this.#queue.resume();
    queueMicrotask(() => {
      this.#queue.deliver();
      if (!this.#queue.paused) this.#socket.resume();
    });
  }

  handle(handlers: Handlers): void {
    this.#queue.handlers = handlers;
    queueMicrotask(() => this.#queue.deliver());
  }

  #received(data: RawData, isBinary: boolean): void {
    if (isBinary) return this.#queue.push(data as Buffer);
    this.#queue.discard();
    this.#socket.close(UNSUPPORTED_DATA, 'binary messages only');
  }

  readonly #sent = (): void => {
    if (!this.#full || this.#socket.bufferedAmount > SOCKET_BUFFER_BYTES_LOW) return;
    this.#full = false;
    this.#queue.drained();
  };
}

function truncateReason(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > REASON_BYTES_MAX) text = text.slice(0, -1);
  return text;
}
