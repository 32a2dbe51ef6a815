/**
 * The events of a job's handle: adding and removing listeners.
 * @module
 */
import type { JobEventsOf } from '../state/events.js';
import type { JobEventName, JobListener } from '../state/job-emitter.js';
import { PARTS } from './job-parts.js';
import { ConfigurableJob } from './configurable-job.js';

/** While there is a listener for an event of the journal, the handle follows its job. */
export abstract class JobListeners<T> extends ConfigurableJob<T> {
  on<K extends string>(name: JobEventName<T, K>, listener: JobListener<T, this, K>): this {
    this[PARTS].state.events.on(name as never, listener);
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

  addListener<K extends string>(name: JobEventName<T, K>, listener: JobListener<T, this, K>): this {
    return this.on(name, listener);
  }

  addEventListener<K extends string>(name: JobEventName<T, K>, listener: JobListener<T, this, K>): this {
    return this.on(name, listener);
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
