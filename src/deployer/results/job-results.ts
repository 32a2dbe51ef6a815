/**
 * Receives the results of a job: follows its journal on demand, keeps the results, emits the events, and completes the job
 * when every outcome was received.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { fromCursor } from '../../protocol/messages/cursor.js';
import type { Cursor, JobStatus, JournalEvent } from '../../protocol/messages/messages.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import { withJsonForm } from '../../client/jobs/status-info.js';
import type { DeployerContext } from '../connection/context.js';
import type { JobNotice } from '../connection/job-notices.js';
import { NO_WORKERS_MESSAGE, watchForWorkers } from '../connection/worker-watch.js';
import { slicesFailed } from '../state/job-errors.js';
import type { JobState } from '../state/job-state.js';
import { locateError } from '../state/locate-error.js';
import type { ConsolePrinter } from './console-printer.js';
import { Follower, type FollowSink } from './follow.js';
import { NoInputWatch } from './no-input-watch.js';
import { OutcomeTaps, type OutcomeTap } from './outcome-taps.js';
import { JobWork } from './job-work.js';
import { PauseNotifier } from './pause-notifier.js';
import { ReceivedSlices } from './received-slices.js';
import { RetriedSlices } from './retried-slices.js';

export interface ResultOptions {
  /** The cursor of the last journal row to skip. */
  after: Cursor;
  /** Whether results are kept; it is asked when following starts. */
  collate: () => boolean;
  /** The input that this handle sends. */
  upload: {
    readonly isUploading: boolean;
    /** The number of slices that a complete job must have, if this handle has read its whole input. */
    readonly slicesRead: number | undefined;
  };
}

export class JobResults<T, J> implements FollowSink {
  /** The listeners of the events of the work function. */
  readonly work = new JobWork<J>(() => void this.requestFollow());
  readonly #context: DeployerContext;
  readonly #state: JobState<T, J>;
  readonly #options: ResultOptions;
  readonly #noInput: NoInputWatch<T, J>;
  readonly #pauseNotifier: PauseNotifier<T, J>;
  /** Created by the first line, after its code is loaded. */
  #printer: Promise<ConsolePrinter> | undefined;
  /** Whether what the work function prints is printed if there is no listener to `console`. */
  printsConsole = true;
  /** The slices whose outcome was received. */
  readonly received = new ReceivedSlices();
  /** The loops over the outcomes. */
  readonly #taps = new OutcomeTaps<T>();
  #retried: RetriedSlices | undefined;
  #follower: Follower | undefined;
  #stopObserving: (() => void) | undefined;
  /** Number of listeners and callers that need the journal. */
  #followRequests = 0;
  #unfollowForListeners: (() => void) | undefined;
  #after: Cursor;
  #hasFollowed = false;
  #collate = true;
  /** The job is complete, but promises of listeners are unsettled. */
  #isComplete = false;
  /** The largest number of slices that the scheduler has acknowledged, and whether it has acknowledged the close. */
  #totalKnown = 0;
  #isClosed = false;

  constructor(context: DeployerContext, state: JobState<T, J>, options: ResultOptions) {
    this.#context = context;
    this.#state = state;
    this.#options = options;
    this.#after = options.after;
    const { clock, warn } = context.ports;
    this.#noInput = new NoInputWatch(state, { clock, warn, upload: options.upload });
    this.#pauseNotifier = new PauseNotifier(state, warn);
    state.events.listenersChanged = () => this.#listenersChanged();
    state.observe({
      updated: (status) => this.#updated(status),
      accepted: () => this.#startFollowing(),
    });
    state.ended.addEventListener('abort', () => this.#release(), { once: true });
  }

  get cursor(): Cursor {
    return this.#follower?.cursor ?? this.#after;
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

  /** The cursor of the last journal row that is skipped; 0 if none is. */
  get startsAfter(): Cursor {
    return this.#options.after;
  }

  /** Follows the job and passes every outcome that is received to the tap, until the returned function is called. */
  tap(tap: OutcomeTap<T>): () => void {
    this.#taps.add(tap);
    const unfollow = this.requestFollow();
    return () => {
      this.#taps.remove(tap);
      unfollow();
    };
  }

  /** A tap has given an outcome away. */
  drained(): void {
    this.#taps.drained();
  }

  result(sliceNumber: number, value: unknown): void {
    const state = this.#state;
    if (state.isEnded || !this.received.add(sliceNumber)) return;
    if (this.#collate) state.results[sliceNumber - 1] = value as T;
    const { events } = state;
    const { job } = events;
    events.emit('result', { job, sliceNumber, result: value as T });
    if (!this.#taps.isEmpty) this.#taps.take({ sliceNumber, result: value as T });
    this.#emitUpdated(sliceNumber);
  }

  failure(sliceNumber: number, error: Error): void {
    const { isEnded, findPosition } = this.#state;
    if (isEnded || !this.received.add(sliceNumber)) return;
    if (findPosition !== undefined) locateError(error, findPosition);
    this.#state.results.addFailure(sliceNumber, error);
    this.#state.emitError(error, sliceNumber);
    this.#taps.take({ sliceNumber, error });
    this.#emitUpdated(sliceNumber);
  }

  /** The slice had an outcome before, which is void since it ran again. */
  #emitUpdated(sliceNumber: number): void {
    const { events } = this.#state;
    if (this.#retried?.has(sliceNumber) === true)
      events.emit('resultsupdated', { job: events.job, sliceNumber });
  }

  /** The job runs again after it had ended for this handle: the journal is followed on from where it ended. */
  reopen(): void {
    this.#after = this.cursor;
    this.#follower = undefined;
    this.#state.isFollowed = false;
    this.#isComplete = false;
    this.#hasFollowed = false;
    this.#state.ended.addEventListener('abort', () => this.#release(), { once: true });
    this.#startFollowing();
  }

  row(status: JobStatus, event: JournalEvent): void {
    this.#state.update(status);
    this.#emitStatus();
    if (event.kind === 'cancelled') this.#state.cancelled(event.reason);
    else if (event.kind === 'completed') this.#complete();
    else if (event.kind === 'retried') {
      this.#retried ??= new RetriedSlices();
      this.#retried.add(event.slices, this.received, this.#state.results);
    } else if (event.kind === 'paused') this.#pauseNotifier.paused(event.reason);
    else if (event.kind === 'resumed') this.#pauseNotifier.resumed();
  }

  following(status: JobStatus): void {
    const state = this.#state;
    if (this.#hasFollowed) state.setReadyState('reconnected');
    this.#hasFollowed = true;
    if (status.total < this.#totalKnown) this.#checkTotal();
    if (this.#isClosed && status.open) this.#closeAgain();
    state.update(status);
    // If the journal was read to its end before, no row will report the end of the job.
    if (status.cursor > fromCursor(this.cursor).seq) return;
    this.#emitStatus();
    if (status.runStatus === 'finished') this.#complete();
    else if (status.runStatus === 'cancelled') state.cancelled(status.reason ?? '');
    else if (status.runStatus === 'paused') this.#pauseNotifier.paused(status.reason ?? '');
  }

  console(notice: Extract<JobNotice, { type: 'job.console' }>): void {
    const { sliceNumber, attempt, level, message, same } = notice;
    const { events } = this.#state;
    if (events.listenerCount('console') === 0) {
      if (this.printsConsole) void this.#consolePrinter().then((printer) => printer.print(notice));
      return;
    }
    const repeated = same === undefined ? {} : { same };
    events.emit('console', { job: events.job, sliceNumber, attempt, level, message, ...repeated });
  }

  event({ sliceNumber, attempt, name, value }: Extract<JobNotice, { type: 'job.event' }>): void {
    const { job } = this.#state.events;
    this.work.received({ job, name, sliceNumber, attempt }, value);
  }

  #consolePrinter(): Promise<ConsolePrinter> {
    const { clock, warn, print = (_, line) => warn(line) } = this.#context.ports;
    return (this.#printer ??= import('./console-printer.js').then(
      (module) => new module.ConsolePrinter(this.#state.id, clock, print),
    ));
  }

  progress(notice: Extract<JobNotice, { type: 'job.progress' }>): void {
    const { sliceNumber, attempt, progress } = notice;
    const { events } = this.#state;
    events.emit('progress', {
      job: events.job,
      sliceNumber,
      ...(attempt === undefined ? {} : { attempt }),
      ...(progress === undefined ? {} : { progress }),
    });
  }

  /**
   * Only a handle that has read the journal from its start can read it again, because it knows which outcomes it has
   * received.
   */
  mayReadAgain(): boolean {
    return this.#options.after === 0;
  }

  whenReady(): Promise<void> | undefined {
    const listeners = this.#whenListenersAtMost(this.#state.events.pendingMax);
    const { clock, warn } = this.#context.ports;
    const taps = this.#taps.whenReady(clock, () =>
      warn(`manyhands: job ${this.#state.id} waits for a loop over its results that takes none.`),
    );
    return listeners === undefined ? taps : listeners.then(() => taps);
  }

  followFailed(error: Error): void {
    this.#state.fail(error);
  }

  #updated(status: JobStatus): void {
    this.#totalKnown = Math.max(this.#totalKnown, status.total);
    this.#isClosed ||= !status.open;
    this.#noInput.update(this.#follower !== undefined && status.open);
    if (this.#collate && this.#hasFollowed) this.#state.results.setTotal(status.total);
  }

  #emitStatus(): void {
    const { events, status } = this.#state;
    events.emit('status', withJsonForm({ job: events.job, ...status }));
  }

  #startFollowing(): void {
    const state = this.#state;
    const isWanted = this.#followRequests > 0 && state.isAccepted && !state.isEnded;
    if (!isWanted || this.#follower !== undefined) return;
    const { events } = state;
    const { job } = events;
    this.#collate = this.#options.collate();
    const { clock, yieldNow } = this.#context.ports;
    // The result is at the scheduler, so it is fetched as soon as there is a connection again.
    const fetchBlob = ({ digest, bytes: bytesMax }: BlobRef): Promise<Uint8Array> =>
      this.#context.blobs.get(digest, { bytesMax, signal: state.ended, attemptsMax: Infinity });
    const connection = this.#context.connectionToFollow(state.id);
    this.#follower = new Follower(state.id, this.#after, { connection, clock, yieldNow, fetchBlob }, this);
    state.isFollowed = true;
    this.#stopObserving = connection.outage.observe({
      disconnected: (error) => events.emit('reconnecting', { job, error, message: error.message }),
      reconnected: (downMs) => events.emit('reconnected', { job, downMs }),
      isHandled: () => events.listenerCount('reconnecting') > 0,
    });
    this.#watchForWorkers();
  }

  #watchForWorkers(): void {
    const { client, noWorkersWarning, ports } = this.#context;
    const { id, events, ended } = this.#state;
    const hasListener = (): boolean => events.listenerCount('noworkers') > 0;
    watchForWorkers({
      clock: ports.clock,
      ended,
      shouldCheck: () => (hasListener() || !noWorkersWarning.isPrinted) && this.#state.status.computed === 0,
      status: async () => (await client.request('job.status', { jobId: id })).status,
      report(waitedMs) {
        if (hasListener())
          events.emit('noworkers', { job: events.job, waitedMs, message: NO_WORKERS_MESSAGE });
        else noWorkersWarning.warnOnce(id);
      },
    });
  }

  #stopFollowing(): void {
    if (this.#state.isEnded || this.#follower === undefined) return;
    this.#after = this.#follower.cursor;
    this.#release();
    this.#follower = undefined;
    this.#state.isFollowed = false;
  }

  /** While there is a listener for an event of the journal, the job is followed. */
  #listenersChanged(): void {
    const { events } = this.#state;
    if (events.needsJournal) {
      this.#unfollowForListeners ??= this.requestFollow();
      return;
    }
    if (this.#unfollowForListeners === undefined) return;
    // Another listener may be added in the same task.
    void this.#context.ports.yieldNow().then(() => {
      if (events.needsJournal) return;
      this.#unfollowForListeners?.();
      this.#unfollowForListeners = undefined;
    });
  }

  #release(): void {
    void this.#printer?.then((printer) => printer.reportDropped());
    this.#follower?.stop();
    this.#stopObserving?.();
    this.#noInput.stop();
  }

  #complete(): void {
    const state = this.#state;
    if (state.isEnded || this.#isComplete) return;
    // The expected number of outcomes is that of the input that this handle read, or else the total of the scheduler.
    const slices = this.#options.upload.slicesRead ?? state.status.total;
    const received = this.received.size;
    if (this.#options.after === 0 && received !== slices) {
      const text = `Job ${state.id} of ${slices} slices is complete at the scheduler, but only ${received} outcomes were received.`;
      const info = { jobId: state.id, received, total: slices };
      return state.fail(new ManyhandsError('RESULTS_INCOMPLETE', text, info));
    }
    this.#isComplete = true;
    const listeners = this.#whenListenersAtMost(0);
    if (listeners === undefined) this.#emitComplete(slices);
    else void listeners.then(() => this.#emitComplete(slices));
  }

  #whenListenersAtMost(max: number): Promise<void> | undefined {
    const { clock, warn } = this.#context.ports;
    const { id, events } = this.#state;
    return events.pendingListeners.atMost(max, clock, (count) =>
      warn(
        `manyhands: job ${id} waits for ${count} async listeners of 'result' or 'error' that do not settle.`,
      ),
    );
  }

  #emitComplete(slices: number): void {
    const state = this.#state;
    if (state.isEnded) return;
    const { id, results, status, events } = state;
    results.setComplete();
    events.emit('complete', results);
    // A result that the scheduler accepted and this handle cannot decode counts as failed.
    const failed = Math.max(status.failed, results.failedCount);
    state.end(failed === 0 ? undefined : slicesFailed({ jobId: id, total: slices, failed, results }));
  }

  /**
   * The reply to a follow may be older than what was received over another connection. The reply to a new request
   * cannot be older than the state at its time, though more slices may be appended meanwhile.
   */
  #checkTotal(): void {
    const state = this.#state;
    const known = this.#totalKnown;
    const { client } = this.#context;
    client.request('job.status', { jobId: state.id }, { waitForConnection: true, signal: state.ended }).then(
      ({ status }) => {
        if (status.total < known) state.fail(lostSlices(state.id, known, status.total));
      },
      (error: unknown) => state.fail(error as Error),
    );
  }

  /** The scheduler has lost a close that it had acknowledged. */
  #closeAgain(): void {
    const state = this.#state;
    const retry = { orderKey: state.id, shouldRetry: () => !state.isEnded };
    const options = { waitForConnection: true, signal: state.ended, retry };
    this.#context.client.request('job.close', { jobId: state.id }, options).then(
      ({ status }) => state.update(status),
      (error: unknown) => state.fail(error as Error),
    );
  }
}

/** The scheduler has fewer slices than it had acknowledged: their outcomes will never be received. */
function lostSlices(jobId: string, known: number, total: number): ManyhandsError {
  const text =
    `The scheduler had ${known} slices of job ${jobId} and now has ${total}: its data was restored from an older copy. ` +
    `Deploy the missing slices again.`;
  return new ManyhandsError('RESULTS_INCOMPLETE', text, { jobId, known, total });
}
