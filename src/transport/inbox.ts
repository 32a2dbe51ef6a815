/**
 * What has arrived on one connection and is not handed over yet: before there are handlers, while paused, and behind
 * what waits already. Keeps the order, the closing last, exactly once. Every transport delivers through it.
 * @module
 */
import type { CloseInfo, Connection } from './transport.js';

export type Handlers = Parameters<Connection['handle']>[0];

export class Inbox {
  #handlers: Handlers | undefined;
  #kept: Uint8Array[] = [];
  #closeInfo: CloseInfo | undefined;
  #paused = false;
  #delivering = false;
  #state: 'open' | 'shut' | 'closed' = 'open';
  readonly #read: (bytes: number) => void;

  /** `read` is told the size of each message just before it is handed over. */
  constructor(read: (bytes: number) => void = () => undefined) {
    this.#read = read;
  }

  get paused(): boolean {
    return this.#paused;
  }

  set handlers(handlers: Handlers) {
    this.#handlers = handlers;
  }

  push(bytes: Uint8Array): void {
    if (this.#state !== 'open' || this.#closeInfo !== undefined) return;
    this.#kept.push(bytes);
    this.deliver();
  }

  /** Our side closed: nothing that arrives from now on, or waits, is handed over; only the end is. */
  shut(): void {
    if (this.#state !== 'open') return;
    this.#state = 'shut';
    this.#kept = [];
  }

  /** The connection is gone; what arrived before is handed over first. */
  end(info: CloseInfo): void {
    if (this.#closeInfo !== undefined) return;
    this.#closeInfo = info;
    this.deliver();
  }

  drained(): void {
    if (this.#state === 'open' && this.#closeInfo === undefined) this.#handlers?.drain?.();
  }

  pause(): void {
    this.#paused = true;
  }

  /** The caller then calls `deliver`, not inside this call of its own caller. */
  resume(): void {
    this.#paused = false;
  }

  deliver(): void {
    if (this.#handlers === undefined || this.#delivering || this.#state === 'closed') return;
    this.#delivering = true;
    try {
      for (let bytes = this.#next(); bytes !== undefined; bytes = this.#next()) {
        this.#read(bytes.length);
        this.#handlers.message(bytes);
      }
    } finally {
      this.#delivering = false;
    }
    if (this.#closeInfo === undefined || this.#kept.length > 0) return;
    this.#state = 'closed';
    this.#handlers.close(this.#closeInfo);
  }

  #next(): Uint8Array | undefined {
    return this.#paused ? undefined : this.#kept.shift();
  }
}
