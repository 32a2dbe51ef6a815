/**
 * What a handle knows of its job: its stage, status and results, and how it ended. The upload and the follower of the job
 * report to it; it emits the events and owns the promise of the job's end.
 * @module
 */
import { toStatusInfo, withJsonForm, type JobStatusInfo } from '../../client/jobs/status-info.js';
import { deferred } from '../../lib/deferred.js';
import { ManyhandsError } from '../../lib/errors.js';
import type { JobStatus } from '../../protocol/messages/messages.js';
import type { ErrorEventOf, ReadyState } from './events.js';
import type { JobEmitter } from './job-emitter.js';
import { jobCancelled } from './job-errors.js';
import type { FindPosition } from './locate-error.js';
import { ResultHandle } from './result-handle.js';

const NEW_STATUS: JobStatusInfo = withJsonForm({
  runStatus: 'new',
  total: 0,
  distributed: 0,
  computed: 0,
  failed: 0,
  workers: 0,
  paid: 0n,
});

export interface StateObserver {
  /** The scheduler has sent a status. */
  updated(status: JobStatus): void;
  /** The scheduler has the job. */
  accepted?(): void;
}

/** `T`: the type of a result; `J`: the handle's class, which the payloads of events contain. */
export class JobState<T, J> {
  readonly id: string;
  readonly events: JobEmitter<T, J>;
  readonly results = new ResultHandle<T>();
  /** Whether this handle follows the journal. If so, it reports itself that no worker computes, and its upload does not. */
  isFollowed = false;
  /** Finds positions of a bundled work function in the files of its author; set by the handle that deployed it. */
  findPosition?: FindPosition | undefined;
  #finish = newFinish<T>();
  #end = new AbortController();
  readonly #observers: StateObserver[] = [];
  #readyState: ReadyState = 'new';
  #status: JobStatusInfo = NEW_STATUS;
  #isAccepted = false;
  #isEnded = false;
  #waiters = 0;

  constructor(id: string, events: JobEmitter<T, J>) {
    this.id = id;
    this.events = events;
    events.listenerFailed = (name, error) => this.listenerFailed(name, error);
  }

  /** Resolves when the job is complete and no slice has failed. Another promise once the job runs again. */
  get finished(): Promise<ResultHandle<T>> {
    return this.#finish.promise;
  }

  /** Aborts when the job has ended for this handle in any way. Another signal once the job runs again. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  get status(): JobStatusInfo {
    return this.#status;
  }

  get readyState(): ReadyState {
    return this.#readyState;
  }

  /** Whether the scheduler has the job. */
  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  /** Whether `ended` is aborted. It is read for every result, and `AbortSignal.aborted` is slow in Node. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** `finished`, for a caller who waits for it and so gets the error of a listener. */
  waitForEnd(): Promise<ResultHandle<T>> {
    this.#waiters++;
    return this.finished.finally(() => void this.#waiters--);
  }

  /**
   * An async listener rejected. Callers who wait get its error, and it ends the job for this handle; otherwise it is an
   * unhandled rejection, like what a listener throws.
   */
  listenerFailed(event: string, error: unknown): void {
    if (this.#waiters === 0 || this.isEnded) {
      void Promise.reject(error);
      return;
    }
    const reason =
      error instanceof Error
        ? error
        : new ManyhandsError('INTERNAL', `A listener rejected with ${String(error)}.`);
    // A listener to errors that fails would be called again.
    if (event !== 'error') this.emitError(reason, undefined);
    this.end(reason);
  }

  /** Calls the observer on every change until the job has ended. */
  observe(observer: StateObserver): void {
    this.#observers.push(observer);
  }

  /** Changes the stage of the deployment and emits `readystatechange`. */
  setReadyState(state: ReadyState): void {
    this.#readyState = state;
    this.events.emit('readystatechange', state);
  }

  /** The scheduler has accepted the job of this handle. */
  accepted(status: JobStatus): void {
    this.setReadyState('deployed');
    this.events.emit('accepted', { job: this.events.job, id: this.id });
    this.#exists(status);
  }

  /** The handle is attached to a job that the scheduler has. */
  attached(status: JobStatus): void {
    this.#readyState = 'deployed';
    this.#exists(status);
  }

  /** The scheduler has the job, with that status. */
  #exists(status: JobStatus): void {
    if (this.isEnded) return;
    this.#isAccepted = true;
    this.update(status);
    for (const observer of this.#observers) observer.accepted?.();
  }

  /** Takes a status that the scheduler sent, and passes it to the observers. */
  update(status: JobStatus): void {
    if (this.isEnded) return;
    this.#status = toStatusInfo(status);
    for (const observer of this.#observers) observer.updated(status);
  }

  /** The job was cancelled, according to a reply or the journal. Only the first call has an effect. */
  cancelled(reason: string): void {
    if (this.isEnded) return;
    const { job } = this.events;
    this.#status = withJsonForm({ ...this.#status, runStatus: 'cancelled' as const, reason });
    this.events.emit('cancel', { job, runStatus: 'cancelled', reason, code: 'JOB_CANCELLED' });
    this.end(jobCancelled(this.id, reason, this.results.failures[0]?.error, this.results));
  }

  /** Ends the job for this handle with an error: emits an `error` event and rejects `finished`. */
  fail(error: Error): void {
    if (this.isEnded) return;
    this.emitError(error, undefined);
    this.end(error);
  }

  /** Emits an `error` event; without a slice number it concerns the whole job. */
  emitError(error: Error, sliceNumber: number | undefined): void {
    const { job } = this.events;
    const payload: ErrorEventOf<J> = { job, error, name: error.name, message: error.message };
    if (sliceNumber !== undefined) payload.sliceNumber = sliceNumber;
    this.events.emit('error', payload);
  }

  /** A job that had ended for this handle runs again. */
  reopen(): void {
    this.#finish = newFinish<T>();
    this.#end = new AbortController();
    this.#isEnded = false;
  }

  /** Settles `finished`: with the results, or with the error. */
  end(error: Error | undefined): void {
    if (this.isEnded) return;
    if (error === undefined) this.#finish.resolve(this.results);
    else this.#finish.reject(error);
    this.#isEnded = true;
    this.#end.abort(error ?? new ManyhandsError('JOB_STATE', `Job ${this.id} is complete.`));
  }
}

/** A promise whose rejection is no unhandled one: not everybody waits for the end of a job. */
function newFinish<T>(): ReturnType<typeof deferred<ResultHandle<T>>> {
  const finish = deferred<ResultHandle<T>>();
  finish.promise.catch(() => undefined);
  return finish;
}
