/**
 * The event emitter of a job handle, with all method names of DCP. Event names are case-insensitive.
 * @module
 */
import { Emitter, type Listener } from '../../lib/events.js';
import { JOB_EVENTS, type JobEventsOf } from './events.js';
import { PendingListeners } from './pending-listeners.js';

/** Events whose listeners may return promises: a job completes after those have settled. */
const AWAITED_EVENTS: ReadonlySet<string> = new Set(['result', 'error']);

type Name<T> = keyof JobEventsOf<T, unknown>;
/** An event name in any case; editors propose the lower-case spelling. */
type AnyCase<T, K extends string> = Lowercase<K> extends Name<T> ? K : Name<T>;
/** The event for a name in any case. */
type Key<T, K extends string> = Lowercase<K> & Name<T>;
type Handler<T, J, K extends string> = Listener<JobEventsOf<T, J>[Key<T, K>]>;

export abstract class JobEmitter<T> {
  readonly #pendingListeners = new PendingListeners();
  readonly #emitter = new Emitter<JobEventsOf<T, this>>(JOB_EVENTS);

  on<K extends string>(name: AnyCase<T, K>, listener: Handler<T, this, K>): this {
    this.#emitter.on(name as Key<T, K>, listener);
    this.onListenerAdded(name.toLowerCase());
    return this;
  }

  once<K extends string>(name: AnyCase<T, K>, listener: Handler<T, this, K>): this {
    this.#emitter.once(name as Key<T, K>, listener);
    this.onListenerAdded(name.toLowerCase());
    return this;
  }

  off<K extends string>(name: AnyCase<T, K>, listener: Handler<T, this, K>): this {
    this.#emitter.off(name as Key<T, K>, listener);
    return this;
  }

  addListener<K extends string>(name: AnyCase<T, K>, listener: Handler<T, this, K>): this {
    return this.on(name, listener);
  }

  addEventListener<K extends string>(name: AnyCase<T, K>, listener: Handler<T, this, K>): this {
    return this.on(name, listener);
  }

  removeListener<K extends string>(name: AnyCase<T, K>, listener: Handler<T, this, K>): this {
    return this.off(name, listener);
  }

  removeEventListener<K extends string>(name: AnyCase<T, K>, listener: Handler<T, this, K>): this {
    return this.off(name, listener);
  }

  listenerCount(name: Name<T>): number {
    return this.#emitter.listenerCount(name);
  }

  /** @internal The unsettled promises of `result` and `error` listeners. */
  get pendingListeners(): PendingListeners {
    return this.#pendingListeners;
  }

  /** @internal */
  emit<K extends Name<T>>(name: K, payload: JobEventsOf<T, this>[K]): void {
    const promises = this.#emitter.emit(name, payload);
    if (promises === undefined || !AWAITED_EVENTS.has(name)) return;
    for (const promise of promises) this.pendingListeners.add(promise);
  }

  /** A listener was added for the event of that name (in lower case). */
  protected abstract onListenerAdded(name: string): void;
}
