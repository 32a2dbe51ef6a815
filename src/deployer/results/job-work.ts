/**
 * The events that the work function of a job emits by `work.emit(name, value)`. They are best effort, like console output.
 * @module
 */
import { Emitter, type Listener } from '../../lib/events.js';
import { decodeValue } from '../../protocol/values/values.js';

/** What a slice emitted. */
export interface WorkEventOf<J> {
  job: J;
  /** The name that was given to `work.emit`. */
  name: string;
  /** Number of the slice, from 1. */
  sliceNumber: number;
  /** The attempt that emitted it, from 1: a slice that failed runs again and emits again. */
  attempt: number;
  /** The value that was given to `work.emit`. */
  data: unknown;
}

/** `job.work`: listeners for the events of the work function. Names are case-insensitive. */
export class JobWork<J> {
  readonly #events = new Emitter<Record<string, WorkEventOf<J>>>();
  readonly #onListener: () => void;

  /** `onListener` is called for each listener that is added. */
  constructor(onListener: () => void) {
    this.#onListener = onListener;
  }

  on(name: string, listener: Listener<WorkEventOf<J>>): this {
    this.#events.on(name, listener);
    this.#onListener();
    return this;
  }

  once(name: string, listener: Listener<WorkEventOf<J>>): this {
    this.#events.once(name, listener);
    this.#onListener();
    return this;
  }

  off(name: string, listener: Listener<WorkEventOf<J>>): this {
    this.#events.off(name, listener);
    return this;
  }

  addListener(name: string, listener: Listener<WorkEventOf<J>>): this {
    return this.on(name, listener);
  }

  addEventListener(name: string, listener: Listener<WorkEventOf<J>>): this {
    return this.on(name, listener);
  }

  removeListener(name: string, listener: Listener<WorkEventOf<J>>): this {
    return this.off(name, listener);
  }

  removeEventListener(name: string, listener: Listener<WorkEventOf<J>>): this {
    return this.off(name, listener);
  }

  listenerCount(name: string): number {
    return this.#events.listenerCount(name);
  }

  /** @internal Decodes the value only where somebody listens; one that cannot be decoded here is dropped. */
  received(event: Omit<WorkEventOf<J>, 'data'>, value: Uint8Array): void {
    if (this.listenerCount(event.name) === 0) return;
    let data: unknown;
    try {
      data = decodeValue(value);
    } catch {
      return;
    }
    this.#events.emit(event.name, { ...event, data });
  }
}
