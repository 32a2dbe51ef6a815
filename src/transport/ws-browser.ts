/**
 * The browser's WebSocket as a transport. Two things it cannot do: it never stops reading the network (`pause` only
 * keeps messages in this page, so a peer must be bounded by the protocol's own windows), and it does not say when its
 * buffer is empty (so that is looked at while somebody waits for it).
 * @module
 */
import { systemClock } from '../lib/clock.js';
import { SOCKET_BUFFER_BYTES_LOW } from '../lib/socket-limits.js';
import { connectFailed } from './connect-failed.js';
import { Inbox } from './inbox.js';
import type { Handlers } from './inbox.js';
import type { Connect, Connection } from './transport.js';

/** The only codes that a page may close with are 1000 and 3000 to 4999. */
const NORMAL = 1000;
const REASON_LENGTH_MAX = 40;
/** How often a full buffer is looked at. */
const DRAIN_POLL_MS = 10;

class BrowserConnection implements Connection {
  readonly peer: string;
  readonly #socket: WebSocket;
  readonly #inbox = new Inbox();
  #full = false;

  constructor(socket: WebSocket, peer: string) {
    this.peer = peer;
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#received(data));
    // A `close` always follows, and an error says nothing more than that.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code, reason }) => this.#inbox.end({ code, reason }));
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
    this.#inbox.shut();
    this.#socket.close(code >= 3000 && code < 5000 ? code : NORMAL, reason.slice(0, REASON_LENGTH_MAX));
  }

  pause(): void {
    this.#inbox.pause();
  }

  resume(): void {
    if (!this.#inbox.paused) return;
    this.#inbox.resume();
    queueMicrotask(() => this.#inbox.deliver());
  }

  handle(handlers: Handlers): void {
    this.#inbox.handlers = handlers;
    queueMicrotask(() => this.#inbox.deliver());
  }

  #received(data: unknown): void {
    if (data instanceof ArrayBuffer) this.#inbox.push(new Uint8Array(data));
    else this.close();
    this.#look();
  }

  #watch(): void {
    systemClock.after(DRAIN_POLL_MS, () => {
      if (!this.#full || this.#socket.readyState !== WebSocket.OPEN) return;
      this.#look();
      if (this.#full) this.#watch();
    });
  }

  #look(): void {
    if (!this.#full || this.#socket.bufferedAmount > SOCKET_BUFFER_BYTES_LOW) return;
    this.#full = false;
    this.#inbox.drained();
  }
}

/** Opens a WebSocket. Rejects with `CONNECT_FAILED`; a page is not told why. */
export const connectBrowser: Connect = (url, { signal } = {}) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(connectFailed(url, 'aborted', 'it was given up', signal.reason));
    let socket: WebSocket;
    try {
      socket = new WebSocket(url);
    } catch (cause) {
      return reject(connectFailed(url, 'address', 'that is no address of a socket', cause));
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
      settle(() => reject(connectFailed(url, 'aborted', 'it was given up', signal!.reason)));
      socket.close();
    };
    socket.addEventListener('open', onOpen);
    socket.addEventListener('close', onClose);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
