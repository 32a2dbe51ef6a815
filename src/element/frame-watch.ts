/**
 * Detects whether the scheduler's document in a frame responds, because a page cannot see that a frame failed to load.
 * It reports a missing response once, and then requests new attempts with increasing delays.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';

/** Time for the frame to load over a slow network, milliseconds. */
const ARRIVE_MS = 20_000;
/** Time for the first message after the frame has loaded a document, milliseconds. */
const ANSWER_MS = 5_000;
const RETRY_FIRST_MS = 30_000;
const RETRY_MAX_MS = 600_000;

export interface FrameWatchPorts {
  clock: Clock;
  /** Called when there is no response in time. */
  onSilent: () => void;
  /** Called when a new frame should be created; the caller then calls `begin`. */
  onRetry: () => void;
}

export class FrameWatch {
  readonly #ports: FrameWatchPorts;
  #state: 'off' | 'waiting' | 'silent' | 'responding' = 'off';
  #isReported = false;
  #retryMs = RETRY_FIRST_MS;
  #cancel: CancelTimer = () => undefined;

  constructor(ports: FrameWatchPorts) {
    this.#ports = ports;
  }

  /** A frame was created. */
  begin(): void {
    this.#state = 'waiting';
    this.#wait(ARRIVE_MS, () => this.#timedOut());
  }

  /** The frame has loaded a document, which may be an error page. */
  loaded(): void {
    if (this.#state === 'waiting') this.#wait(ANSWER_MS, () => this.#timedOut());
  }

  /** The document has sent a message. */
  responded(): void {
    this.close();
    this.#state = 'responding';
  }

  /** The network is available again. */
  online(): void {
    if (this.#state === 'silent') this.#wait(0, () => this.#ports.onRetry());
  }

  /** Resets the state: the frame was removed or belongs to another scheduler. */
  close(): void {
    this.#cancel();
    this.#state = 'off';
    this.#isReported = false;
    this.#retryMs = RETRY_FIRST_MS;
  }

  #timedOut(): void {
    this.#state = 'silent';
    this.#wait(this.#retryMs, () => this.#ports.onRetry());
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    if (this.#isReported) return;
    this.#isReported = true;
    this.#ports.onSilent();
  }

  #wait(ms: number, then: () => void): void {
    this.#cancel();
    this.#cancel = this.#ports.clock.after(ms, then);
  }
}
