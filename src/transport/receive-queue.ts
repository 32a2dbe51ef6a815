/**
 * Messages that were received on one connection and are not delivered yet: before the handlers are set, while paused, and
 * during a delivery. They are delivered in order; `close` follows last, exactly once. Every transport uses it.
 * @module
 */
import type { CloseInfo, Connection } from './transport.js';

export type Handlers = Parameters<Connection['handle']>[0];

export class ReceiveQueue {
  #handlers: Handlers | undefined;
  #messages: Uint8Array[] = [];
  #closeInfo: CloseInfo | undefined;
  #paused = false;
  #delivering = false;
  #state: 'open' | 'discarding' | 'closed' = 'open';
  readonly #delivered: (bytes: number) => void;

  /** `delivered` is called with the size of each message just before its delivery. */
  constructor(delivered: (bytes: number) => void = () => undefined) {
    this.#delivered = delivered;
  }

  get paused(): boolean {
    return this.#paused;
  }

  set handlers(handlers: Handlers) {
    this.#handlers = handlers;
  }

  push(bytes: Uint8Array): void {
    if (this.#state !== 'open' || this.#closeInfo !== undefined) return;
    this.#messages.push(bytes);
    this.deliver();
  }

  /** This side has closed the connection: no further message is delivered; only `close` is. */
  discard(): void {
    if (this.#state !== 'open') return;
    this.#state = 'discarding';
    this.#messages = [];
  }

  /** The connection is closed; messages that were received before are delivered first. */
  end(info: CloseInfo): void {
    if (this.#closeInfo !== undefined) return;
    this.#closeInfo = info;
    this.deliver();
  }

  /** The send buffer is almost empty. */
  drained(): void {
    if (this.#state === 'open' && this.#closeInfo === undefined) this.#handlers?.drain?.();
  }

  pause(): void {
    this.#paused = true;
  }

  /** The caller must call `deliver` afterwards, in a later turn. */
  resume(): void {
    this.#paused = false;
  }

  deliver(): void {
    if (this.#handlers === undefined || this.#delivering || this.#state === 'closed') return;
    this.#delivering = true;
    try {
      for (let bytes = this.#next(); bytes !== undefined; bytes = this.#next()) {
        this.#delivered(bytes.length);
        this.#handlers.message(bytes);
      }
    } finally {
      this.#delivering = false;
    }
    if (this.#closeInfo === undefined || this.#messages.length > 0) return;
    this.#state = 'closed';
    this.#handlers.close(this.#closeInfo);
  }

  #next(): Uint8Array | undefined {
    return this.#paused ? undefined : this.#messages.shift();
  }
}
