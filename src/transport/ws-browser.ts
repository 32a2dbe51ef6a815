/**
 * The browser's WebSocket as a transport. It lacks two things: it cannot stop reading the network (`pause` only queues
 * messages in this page, so that a peer must be limited by the protocol's windows), and it has no event for an empty send
 * buffer (which is polled while it is full).
 * @module
 */
import { systemClock } from '../lib/clock.js';
import { SOCKET_BUFFER_BYTES_LOW } from '../lib/socket-limits.js';
import { connectFailed } from './connect-failed.js';
import { ReceiveQueue } from './receive-queue.js';
import type { Handlers } from './receive-queue.js';
import type { Connect, Connection } from './transport.js';

/** A page may close with code 1000 and with 3000 to 4999 only. */
const NORMAL = 1000;
const REASON_LENGTH_MAX = 40;
/** Interval at which a full send buffer is polled, milliseconds. */
const DRAIN_POLL_MS = 10;

class BrowserConnection implements Connection {
  readonly peer: string;
  readonly #socket: WebSocket;
  readonly #queue = new ReceiveQueue();
  #full = false;

  constructor(socket: WebSocket, peer: string) {
    this.peer = peer;
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#received(data));
    // A `close` always follows it; the event has no further information.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code, reason }) => this.#queue.end({ code, reason }));
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
    if (this.#full || this.#socket.bufferedAmount <= SOCKET_BUFFER_BYTES_LOW) return;
    this.#full = true;
    this.#watch();
  }

  close(code = NORMAL, reason = ''): void {
    this.#queue.discard();
    this.#socket.close(code >= 3000 && code < 5000 ? code : NORMAL, reason.slice(0, REASON_LENGTH_MAX));
  }

  pause(): void {
    this.#queue.pause();
  }

  resume(): void {
    if (!this.#queue.paused) return;
    this.#queue.resume();
    queueMicrotask(() => this.#queue.deliver());
  }

  handle(handlers: Handlers): void {
    this.#queue.handlers = handlers;
    queueMicrotask(() => this.#queue.deliver());
  }

  #received(data: unknown): void {
    if (data instanceof ArrayBuffer) this.#queue.push(new Uint8Array(data));
    else this.close();
    this.#checkDrained();
  }

  #watch(): void {
    systemClock.after(DRAIN_POLL_MS, () => {
      if (!this.#full || this.#socket.readyState !== WebSocket.OPEN) return;
      this.#checkDrained();
      if (this.#full) this.#watch();
    });
  }

  #checkDrained(): void {
    if (!this.#full || this.#socket.bufferedAmount > SOCKET_BUFFER_BYTES_LOW) return;
    this.#full = false;
    this.#queue.drained();
  }
}

/** Opens a WebSocket. Browsers give pages no reason for a failure. @throws CONNECT_FAILED */
export const connectBrowser: Connect = (url, { signal } = {}) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(connectFailed(url, 'aborted', 'it was aborted', signal.reason));
    let socket: WebSocket;
    try {
      socket = new WebSocket(url);
    } catch (cause) {
      return reject(connectFailed(url, 'address', 'that is not the URL of a WebSocket', cause));
    }
    const connection = new BrowserConnection(socket, url);
    const settle = (then: () => void): void => {
      socket.removeEventListener('open', onOpen);
      socket.removeEventListener('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      then();
    };
    const onOpen = (): void => settle(() => resolve(connection));
    const onClose = (): void =>
      settle(() => reject(connectFailed(url, 'no-answer', 'nothing answers there')));
    const onAbort = (): void => {
      settle(() => reject(connectFailed(url, 'aborted', 'it was aborted', signal!.reason)));
      socket.close();
    };
    socket.addEventListener('open', onOpen);
    socket.addEventListener('close', onClose);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
