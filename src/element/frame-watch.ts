/**
 * Whether a scheduler's document answers in its frame: the page around it sees nothing of what a frame could not load.
 * It tells once when there is no answer in time, and then asks for another try now and then.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';

/** For all of it to come over a slow network. */
const ARRIVE_MS = 20_000;
/** For the document to speak once the frame has loaded something: its scripts have run by then. */
const ANSWER_MS = 5_000;
const RETRY_FIRST_MS = 30_000;
const RETRY_MAX_MS = 600_000;

export interface FrameWatchPorts {
  clock: Clock;
  /** There is no answer. */
  silent: () => void;
  /** It is time for a new frame; `begin` is to be called with it. */
  again: () => void;
}

export class FrameWatch {
  readonly #ports: FrameWatchPorts;
  #state: 'off' | 'waiting' | 'silent' | 'heard' = 'off';
  #told = false;
  #retryMs = RETRY_FIRST_MS;
  #cancel: CancelTimer = () => undefined;

  constructor(ports: FrameWatchPorts) {
    this.#ports = ports;
  }

  /** A frame has been made. */
  begin(): void {
    this.#state = 'waiting';
    this.#wait(ARRIVE_MS, () => this.#giveUp());
  }

  /** The frame has loaded a document; which one, nobody can tell. */
  loaded(): void {
    if (this.#state === 'waiting') this.#wait(ANSWER_MS, () => this.#giveUp());
  }

  heard(): void {
    this.close();
    this.#state = 'heard';
  }

  /** The network is back. */
  online(): void {
    if (this.#state === 'silent') this.#wait(0, () => this.#ports.again());
  }

  /** Forgets everything: the frame is gone, or is to be another scheduler's. */
  close(): void {
    this.#cancel();
    this.#state = 'off';
    this.#told = false;
    this.#retryMs = RETRY_FIRST_MS;
  }

  #giveUp(): void {
    this.#state = 'silent';
    this.#wait(this.#retryMs, () => this.#ports.again());
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    if (this.#told) return;
    this.#told = true;
    this.#ports.silent();
  }

  #wait(ms: number, then: () => void): void {
    this.#cancel();
    this.#cancel = this.#ports.clock.after(ms, then);
  }
}
