/**
 * Emits the events of a job handle. Their payloads contain the handle.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { Emitter, type Listener } from '../../lib/events.js';
import { JOB_EVENTS, JOURNAL_EVENTS, type JobEventsOf } from './events.js';
import { limitListener } from './limit-listener.js';
import { PendingListeners } from './pending-listeners.js';

/** Events whose listeners may return promises: a job completes after those have settled. */
const AWAITED_EVENTS: ReadonlySet<string> = new Set(['result', 'error']);

/** The default limit of unsettled promises of listeners. */
const PENDING_MAX = 1_000;

type Name<T> = keyof JobEventsOf<T, unknown>;
/** An event name in any case; editors propose the lower-case spelling. */
export type JobEventName<T, K extends string> = Lowercase<K> extends Name<T> ? K : Name<T>;
/** The listener of the event with that name. */
export type JobListener<T, J, K extends string> = Listener<JobEventsOf<T, J>[Lowercase<K> & Name<T>]>;

export class JobEmitter<T, J> extends Emitter<JobEventsOf<T, J>> {
  /** The handle. */
  readonly job: J;
  /** The unsettled promises of `result` and `error` listeners. */
  readonly pendingListeners = new PendingListeners();

  /** Called after a listener was added or removed. */
  listenersChanged: () => void = () => undefined;

  /** Called when an async listener rejects. */
  listenerFailed: (event: string, error: unknown) => void = (_, error) => void Promise.reject(error);
  /** The concurrency of the listeners that have one. */
  readonly #limits = new Map<unknown, number>();

  constructor(job: J) {
    super(JOB_EVENTS);
    this.job = job;
  }

  /** Whether there is a listener for an event of the job's journal. */
  get needsJournal(): boolean {
    for (const name of JOURNAL_EVENTS) if (this.listenerCount(name) > 0) return true;
    return false;
  }

  /** Unsettled promises of listeners above which no more results are read. One segment of results may exceed it. */
  get pendingMax(): number {
    return Math.min(PENDING_MAX, ...this.#limits.values());
  }

  /** Adds a listener that handles at most so many events at once. */
  onLimited<K extends Name<T>>(name: K, listener: Listener<JobEventsOf<T, J>[K]>, concurrency: number): this {
    if (!AWAITED_EVENTS.has(name.toLowerCase())) {
      const text = `Only listeners to 'result' and 'error' are waited for, so '${name}' takes no concurrency.`;
      throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'concurrency' });
    }
    this.onWrapped(name, limitListener(listener, concurrency), listener);
    this.#limits.set(listener, concurrency);
    return this;
  }

  override on<K extends Name<T>>(name: K, listener: Listener<JobEventsOf<T, J>[K]>): this {
    super.on(name, listener);
    this.listenersChanged();
    return this;
  }

  override off<K extends Name<T>>(name: K, listener: Listener<JobEventsOf<T, J>[K]>): this {
    super.off(name, listener);
    this.#limits.delete(listener);
    this.listenersChanged();
    return this;
  }

  override removeAllListeners(name?: Name<T>): this {
    super.removeAllListeners(name);
    if (name === undefined || AWAITED_EVENTS.has(name.toLowerCase())) this.#limits.clear();
    this.listenersChanged();
    return this;
  }

  override emit<K extends keyof JobEventsOf<T, J>>(name: K, payload: JobEventsOf<T, J>[K]): undefined {
    const promises = super.emit(name, payload);
    if (promises === undefined || !AWAITED_EVENTS.has(name)) return;
    for (const promise of promises)
      this.pendingListeners.add(promise, (error) => this.listenerFailed(name, error));
  }
}
