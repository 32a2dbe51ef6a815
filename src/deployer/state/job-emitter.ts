/**
 * Emits the events of a job handle. Their payloads contain the handle.
 * @module
 */
import { Emitter, type Listener } from '../../lib/events.js';
import { JOB_EVENTS, JOURNAL_EVENTS, type JobEventsOf } from './events.js';
import { PendingListeners } from './pending-listeners.js';

/** Events whose listeners may return promises: a job completes after those have settled. */
const AWAITED_EVENTS: ReadonlySet<string> = new Set(['result', 'error']);

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

  constructor(job: J) {
    super(JOB_EVENTS);
    this.job = job;
  }

  /** Whether there is a listener for an event of the job's journal. */
  get needsJournal(): boolean {
    for (const name of JOURNAL_EVENTS) if (this.listenerCount(name) > 0) return true;
    return false;
  }

  override on<K extends Name<T>>(name: K, listener: Listener<JobEventsOf<T, J>[K]>): this {
    super.on(name, listener);
    this.listenersChanged();
    return this;
  }

  override off<K extends Name<T>>(name: K, listener: Listener<JobEventsOf<T, J>[K]>): this {
    super.off(name, listener);
    this.listenersChanged();
    return this;
  }

  override removeAllListeners(name?: Name<T>): this {
    super.removeAllListeners(name);
    this.listenersChanged();
    return this;
  }

  override emit<K extends keyof JobEventsOf<T, J>>(name: K, payload: JobEventsOf<T, J>[K]): undefined {
    const promises = super.emit(name, payload);
    if (promises === undefined || !AWAITED_EVENTS.has(name)) return;
    for (const promise of promises) this.pendingListeners.add(promise);
  }
}
