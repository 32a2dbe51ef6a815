/**
 * The events of a job's handle: adding and removing listeners.
 * @module
 */
import type { JobWork } from '../results/job-work.js';
import type { JobEventsOf } from '../state/events.js';
import type { JobEventName, JobListener } from '../state/job-emitter.js';
import { readConcurrency, type ListenerOptions } from '../state/limit-listener.js';
import { PARTS } from './job-parts.js';
import { ConfigurableJob } from './configurable-job.js';

/** While there is a listener for an event of the journal, the handle follows its job. */
export abstract class JobListeners<T> extends ConfigurableJob<T> {
  /** The events that the work function emits by `work.emit(name, value)`: `job.work.on(name, (event) => …)`. */
  get work(): JobWork<this> {
    return this[PARTS].results.work;
  }

  /**
   * Adds a listener. One to `result` or `error` may be async: it is waited for, and what it rejects with, `exec` and `wait`
   * reject with.
   * @throws INVALID_ARGUMENT, UNKNOWN_OPTION
   */
  on<K extends string>(
    name: JobEventName<T, K>,
    listener: JobListener<T, this, K>,
    options: ListenerOptions = {},
  ): this {
    const { events } = this[PARTS].state;
    const concurrency = readConcurrency(options);
    if (concurrency === undefined) events.on(name as never, listener);
    else events.onLimited(name as never, listener, concurrency);
    return this;
  }

  once<K extends string>(name: JobEventName<T, K>, listener: JobListener<T, this, K>): this {
    this[PARTS].state.events.once(name as never, listener);
    return this;
  }

  off<K extends string>(name: JobEventName<T, K>, listener: JobListener<T, this, K>): this {
    this[PARTS].state.events.off(name as never, listener);
    return this;
  }

  addListener<K extends string>(
    name: JobEventName<T, K>,
    listener: JobListener<T, this, K>,
    options?: ListenerOptions,
  ): this {
    return this.on(name, listener, options);
  }

  addEventListener<K extends string>(
    name: JobEventName<T, K>,
    listener: JobListener<T, this, K>,
    options?: ListenerOptions,
  ): this {
    return this.on(name, listener, options);
  }

  removeListener<K extends string>(name: JobEventName<T, K>, listener: JobListener<T, this, K>): this {
    return this.off(name, listener);
  }

  removeEventListener<K extends string>(name: JobEventName<T, K>, listener: JobListener<T, this, K>): this {
    return this.off(name, listener);
  }

  listenerCount(name: keyof JobEventsOf<T, this>): number {
    return this[PARTS].state.events.listenerCount(name);
  }

  /** Removes the listeners of one event, or all. */
  removeAllListeners(name?: keyof JobEventsOf<T, this>): this {
    this[PARTS].state.events.removeAllListeners(name);
    return this;
  }
}
