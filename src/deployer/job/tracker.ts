/**
 * Tracks the state of a job for its handle: follows the journal on demand, keeps status and results, emits events, and
 * owns the promise of the job's end.
 * @module
 */
import { deferred } from '../../lib/deferred.js';
import { ManyhandsError } from '../../lib/errors.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import { fromCursor } from '../../protocol/messages/cursor.js';
import type { Cursor, JobStatus, JournalEvent } from '../../protocol/messages/messages.js';
import type { DeployerContext } from '../connection/context.js';
import type { ErrorEventOf } from './events.js';
import type { ReadyState } from '../upload/deployment.js';
import { type JobStatusInfo, toStatusInfo, withJsonForm } from '../results/status-info.js';
import { Follower, type FollowSink } from '../results/follow.js';
import { PauseNotifier } from './pause-notifier.js';
import type { JobConfig } from './job-config.js';
import { jobCancelled, slicesFailed } from './job-errors.js';
import type { JobNotice } from '../connection/scheduler-client.js';
import { ReceivedSlices } from '../results/received-slices.js';
import { NoInputWatch } from './no-input-watch.js';
import { ResultHandle } from './results.js';
import { NO_WORKERS_MESSAGE, watchForWorkers } from '../connection/worker-watch.js';

export interface TrackerOptions<T> {
  context: DeployerContext;
  job: JobConfig<T>;
  /** The cursor of the last journal row to skip. */
  after: Cursor;
  setReadyState: (state: ReadyState) => void;
  /** The number of slices that a complete job must have, if this handle has read its whole input. */
  slicesRead: () => number | undefined;
  /** Whether this handle is uploading input. */
  isUploading: () => boolean;
  /** Called with each status that the scheduler sends. */
  updated: (status: JobStatus) => void;
}

/** Unsettled async listeners above which no more results are read. One segment of results may exceed it. */
const LISTENERS_MAX = 1_000;

const NEW_STATUS: JobStatusInfo = withJsonForm({
  runStatus: 'new',
  total: 0,
  distributed: 0,
  computed: 0,
  failed: 0,
  workers: 0,
  paid: 0n,
});

export class JobTracker<T> implements FollowSink {
  /** Resolves when the job is complete and no slice has failed. */
  readonly finished: Promise<ResultHandle<T>>;
  /** Aborts when the job has ended for this handle in any way. */
  readonly ended: AbortSignal;
  readonly results = new ResultHandle<T>();
  readonly #options: TrackerOptions<T>;
  readonly #finish = deferred<ResultHandle<T>>();
  readonly #end = new AbortController();
  #follower: Follower | undefined;
  /** Number of listeners and callers that need the journal. */
  #followRequests = 0;
  #after: Cursor;
  #stopObserving: (() => void) | undefined;
  #noInput: NoInputWatch<T>;
  readonly #pauseNotifier: PauseNotifier<T>;
  #isAccepted = false;
  #hasFollowed = false;
  #collate = true;
  #isEnded = false;
  /** The job is complete, but promises of listeners are unsettled. */
  #isComplete = false;
  #status: JobStatusInfo = NEW_STATUS;
  readonly #received = new ReceivedSlices();
  /** The largest number of slices that the scheduler has acknowledged, and whether it has acknowledged the close. */
  #totalKnown = 0;
  #isClosed = false;

  constructor(options: TrackerOptions<T>) {
    this.#options = options;
    this.#after = options.after;
    this.#noInput = new NoInputWatch(options);
    this.#pauseNotifier = new PauseNotifier(options);
    this.finished = this.#finish.promise;
    this.finished.catch(() => undefined);
    this.ended = this.#end.signal;
  }

  get status(): JobStatusInfo {
    return this.#status;
  }

  get cursor(): Cursor {
    return this.#follower?.cursor ?? this.#after;
  }

  get isFollowing(): boolean {
    return this.#follower !== undefined;
  }

  /**
   * Requests that the job is followed as soon as the scheduler has it. The returned function withdraws the request;
   * after the last one the journal is no longer read, and the process may end.
   */
  requestFollow(): () => void {
    this.#followRequests++;
    this.#startFollowing();
    let isRequested = true;
    return () => {
      if (isRequested && --this.#followRequests === 0) this.#stopFollowing();
      isRequested = false;
    };
  }

  /** The scheduler has accepted the job. */
  accepted(status: JobStatus): void {
    if (this.#isEnded) return;
    this.#isAccepted = true;
    this.update(status);
    this.#startFollowing();
  }

  update(status: JobStatus): void {
    if (this.#isEnded) return;
    this.#status = toStatusInfo(status);
    this.#options.updated(status);
    this.#totalKnown = Math.max(this.#totalKnown, status.total);
    this.#isClosed ||= !status.open;
    this.#noInput.update(this.#follower !== undefined && status.open, this.#status);
    if (this.#collate && this.#hasFollowed) this.results.setTotal(status.total);
  }

  /** The job was cancelled, according to a reply or the journal. Only the first call has an effect. */
  cancelled(reason: string): void {
    if (this.#isEnded) return;
    const { job } = this.#options;
    this.#status = withJsonForm({ ...this.#status, runStatus: 'cancelled' as const, reason });
    job.emit('cancel', { job, runStatus: 'cancelled', reason, code: 'JOB_CANCELLED' });
    this.#settle(jobCancelled(job.id, reason, this.results.failures[0]?.error));
  }

  /** Ends the job for this handle with an error: emits an `error` event and rejects `finished`. */
  fail(error: Error): void {
    if (this.#isEnded) return;
    this.#emitError(error, undefined);
    this.#settle(error);
  }

  result(sliceNumber: number, value: unknown): void {
    if (this.#isEnded || !this.#received.add(sliceNumber)) return;
    if (this.#collate) this.results[sliceNumber - 1] = value as T;
    const { job } = this.#options;
    job.emit('result', { job, sliceNumber, result: value as T });
  }

  failure(sliceNumber: number, error: Error): void {
    if (this.#isEnded || !this.#received.add(sliceNumber)) return;
    this.results.addFailure(sliceNumber, error);
    this.#emitError(error, sliceNumber);
  }

  row(status: JobStatus, event: JournalEvent): void {
    const { job } = this.#options;
    this.update(status);
    job.emit('status', withJsonForm({ job, ...this.#status }));
    if (event.kind === 'cancelled') this.cancelled(event.reason);
    else if (event.kind === 'completed') this.#complete();
    else if (event.kind === 'paused') this.#pauseNotifier.paused(event.reason);
    else if (event.kind === 'resumed') this.#pauseNotifier.resumed();
  }

  following(status: JobStatus): void {
    const { job, setReadyState } = this.#options;
    if (this.#hasFollowed) setReadyState('reconnected');
    this.#hasFollowed = true;
    if (status.total < this.#totalKnown) this.#checkTotal();
    if (this.#isClosed && status.open) this.#closeAgain();
    this.update(status);
    // If the journal was read to its end before, no row will report the end of the job.
    if (status.cursor > fromCursor(this.cursor).seq) return;
    job.emit('status', withJsonForm({ job, ...this.#status }));
    if (status.runStatus === 'finished') this.#complete();
    else if (status.runStatus === 'cancelled') this.cancelled(status.reason ?? '');
    else if (status.runStatus === 'paused') this.#pauseNotifier.paused(status.reason ?? '');
  }

  console({ sliceNumber, attempt, level, message, same }: Extract<JobNotice, { type: 'job.console' }>): void {
    const { job } = this.#options;
    job.emit('console', {
      job,
      sliceNumber,
      attempt,
      level,
      message,
      ...(same === undefined ? {} : { same }),
    });
  }

  progress({ sliceNumber, progress }: Extract<JobNotice, { type: 'job.progress' }>): void {
    const { job } = this.#options;
    job.emit('progress', { job, sliceNumber, ...(progress === undefined ? {} : { progress }) });
  }

  /**
   * Only a handle that has read the journal from its start can read it again, because it knows which outcomes it has
   * received.
   */
  mayReadAgain(): boolean {
    return this.#options.after === 0;
  }

  whenReady(): Promise<void> | undefined {
    return this.#whenListenersAtMost(LISTENERS_MAX);
  }

  followFailed(error: Error): void {
    this.fail(error);
  }

  #startFollowing(): void {
    if (this.#followRequests === 0 || !this.#isAccepted || this.#follower !== undefined || this.#isEnded)
      return;
    const { context, job } = this.#options;
    const after = this.#after;
    this.#collate = job.collateResults;
    const { clock, yieldNow } = context.ports;
    const fetchBlob = (ref: BlobRef): Promise<Uint8Array> => context.blobs.get(ref, this.ended, Infinity);
    const client = context.clientToFollow(job.id);
    this.#follower = new Follower(job.id, after, { client, clock, yieldNow, fetchBlob }, this);
    this.#stopObserving = client.outage.observe({
      disconnected: (error) => job.emit('reconnecting', { job, error, message: error.message }),
      reconnected: (downMs) => job.emit('reconnected', { job, downMs }),
      isHandled: () => job.listenerCount('reconnecting') > 0,
    });
    const { noWorkersWarning } = context;
    const hasListener = (): boolean => job.listenerCount('noworkers') > 0;
    watchForWorkers({
      clock,
      ended: this.ended,
      shouldCheck: () => (hasListener() || !noWorkersWarning.isPrinted) && this.#status.computed === 0,
      status: async () => (await context.client.request('job.status', { jobId: job.id })).status,
      report(waitedMs) {
        if (hasListener()) job.emit('noworkers', { job, waitedMs, message: NO_WORKERS_MESSAGE });
        else noWorkersWarning.warnOnce(job.id);
      },
    });
  }

  #stopFollowing(): void {
    if (this.#isEnded || this.#follower === undefined) return;
    this.#after = this.#follower.cursor;
    this.#follower.stop();
    this.#stopObserving?.();
    this.#noInput.stop();
    this.#follower = undefined;
  }

  #complete(): void {
    if (this.#isEnded || this.#isComplete) return;
    const { job, slicesRead } = this.#options;
    // The expected number of outcomes is that of the input that this handle read, or else the total of the scheduler.
    const slices = slicesRead() ?? this.#status.total;
    const received = this.#received.size;
    if (this.#options.after === 0 && received !== slices) {
      const text = `Job ${job.id} of ${slices} slices is complete at the scheduler, but only ${received} outcomes were received.`;
      return this.fail(
        new ManyhandsError('RESULTS_INCOMPLETE', text, { jobId: job.id, received, total: slices }),
      );
    }
    this.#isComplete = true;
    const listeners = this.#whenListenersAtMost(0);
    if (listeners === undefined) this.#emitComplete(slices);
    else void listeners.then(() => this.#emitComplete(slices));
  }

  #whenListenersAtMost(max: number): Promise<void> | undefined {
    const { context, job } = this.#options;
    const { clock, warn } = context.ports;
    return job.pendingListeners.atMost(max, clock, (count) =>
      warn(
        `manyhands: job ${job.id} waits for ${count} async listeners of 'result' or 'error' that do not settle.`,
      ),
    );
  }

  #emitComplete(slices: number): void {
    if (this.#isEnded) return;
    const { job } = this.#options;
    this.results.setComplete();
    job.emit('complete', this.results);
    // A result that the scheduler accepted and this handle cannot decode counts as failed.
    const failed = Math.max(this.#status.failed, this.results.failedCount);
    if (failed === 0) return this.#settle(undefined);
    this.#settle(slicesFailed({ jobId: job.id, total: slices, failed, results: this.results }));
  }

  /**
   * The reply to a follow may be older than what was received over another connection. The reply to a new request
   * cannot be older than the state at its time, though more slices may be appended meanwhile.
   */
  #checkTotal(): void {
    const { context, job } = this.#options;
    const known = this.#totalKnown;
    context.client.request('job.status', { jobId: job.id }).then(
      ({ status }) => {
        if (!this.#isEnded && status.total < known) this.#failForLostSlices(known, status.total);
      },
      (error: unknown) => this.fail(error as Error),
    );
  }

  /** The scheduler has fewer slices than it had acknowledged: their outcomes will never be received. */
  #failForLostSlices(known: number, total: number): void {
    const { job } = this.#options;
    const text =
      `The scheduler had ${known} slices of job ${job.id} and now has ${total}: its data was restored from an older copy. ` +
      `Deploy the missing slices again.`;
    this.fail(new ManyhandsError('RESULTS_INCOMPLETE', text, { jobId: job.id, known, total }));
  }

  /** The scheduler has lost a close that it had acknowledged. */
  #closeAgain(): void {
    const { context, job } = this.#options;
    context.client.request('job.close', { jobId: job.id }).then(
      ({ status }) => this.update(status),
      (error: unknown) => this.fail(error as Error),
    );
  }

  #settle(error: Error | undefined): void {
    this.#isEnded = true;
    if (error === undefined) this.#finish.resolve(this.results);
    else this.#finish.reject(error);
    this.#follower?.stop();
    this.#stopObserving?.();
    this.#noInput.stop();
    this.#end.abort(error ?? new ManyhandsError('JOB_STATE', `Job ${this.#options.job.id} is complete.`));
  }

  #emitError(error: Error, sliceNumber: number | undefined): void {
    const { job } = this.#options;
    const payload: ErrorEventOf<typeof job> = { job, error, name: error.name, message: error.message };
    if (sliceNumber !== undefined) payload.sliceNumber = sliceNumber;
    job.emit('error', payload);
  }
}
