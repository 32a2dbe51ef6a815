/**
 * What a handle knows of its job: follows the journal on demand, keeps status and results, emits events, and owns
 * the promise of the job's end.
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
import { HoldWatch } from './hold-watch.js';
import type { JobSettings } from './job-config.js';
import { jobCancelled, slicesFailed } from './job-errors.js';
import type { JobNotice } from '../connection/scheduler-client.js';
import { ReceivedSlices } from '../results/received-slices.js';
import { NoInputWatch } from './no-input-watch.js';
import { ResultHandle } from './results.js';
import { NO_WORKERS, watchForWorkers } from '../connection/worker-watch.js';

export interface TrackerOptions<T> {
  context: DeployerContext;
  job: JobSettings<T>;
  /** The journal's row to go on behind. */
  after: Cursor;
  setReadyState: (state: ReadyState) => void;
  /** The slices that the job must have when it is complete, where this handle has read its whole input. */
  slicesRead: () => number | undefined;
  /** Whether this handle has input on its way. */
  isFeeding: () => boolean;
  /** The scheduler told how the job is. */
  updated: (status: JobStatus) => void;
}

/** Async listeners under way at a time, but for those of the last segment: then no more results are read. */
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
  /** Resolves when the job is complete and no slice failed. */
  readonly finished: Promise<ResultHandle<T>>;
  /** Aborts when nothing more will come of this job, in any way. */
  readonly ended: AbortSignal;
  readonly results = new ResultHandle<T>();
  readonly #options: TrackerOptions<T>;
  readonly #finish = deferred<ResultHandle<T>>();
  readonly #end = new AbortController();
  #follower: Follower | undefined;
  /** Listeners and callers that wait for the job. */
  #wanted = 0;
  #after: Cursor;
  #unobserve: (() => void) | undefined;
  #noInput: NoInputWatch<T>;
  readonly #hold: HoldWatch<T>;
  #known = false;
  #followed = false;
  #collate = true;
  #over = false;
  /** Complete, but for what listeners have begun. */
  #isComplete = false;
  #status: JobStatusInfo = NEW_STATUS;
  readonly #received = new ReceivedSlices();
  /** The most slices that the scheduler ever said it has, and whether it said that it is closed. */
  #totalKnown = 0;
  #isClosed = false;

  constructor(options: TrackerOptions<T>) {
    this.#options = options;
    this.#after = options.after;
    this.#noInput = new NoInputWatch(options);
    this.#hold = new HoldWatch(options);
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
   * Somebody listens or waits: the job is followed as soon as the scheduler has it. With the returned function they
   * take that back; where nobody is left, the journal is read no further, and the process may end.
   */
  want(): () => void {
    this.#wanted++;
    this.#begin();
    let isWanting = true;
    return () => {
      if (isWanting && --this.#wanted === 0) this.#leave();
      isWanting = false;
    };
  }

  /** The scheduler has the job. */
  known(status: JobStatus): void {
    if (this.#over) return;
    this.#known = true;
    this.update(status);
    this.#begin();
  }

  update(status: JobStatus): void {
    if (this.#over) return;
    this.#status = toStatusInfo(status);
    this.#options.updated(status);
    this.#totalKnown = Math.max(this.#totalKnown, status.total);
    this.#isClosed ||= !status.open;
    this.#noInput.look(this.#follower !== undefined && status.open, this.#status);
    if (this.#collate && this.#followed) this.results.setTotal(status.total);
  }

  /** The job was cancelled, as a reply or the journal says; only the first word counts. */
  cancelled(reason: string): void {
    if (this.#over) return;
    const { job } = this.#options;
    this.#status = withJsonForm({ ...this.#status, runStatus: 'cancelled' as const, reason });
    job.emit('cancel', { job, runStatus: 'cancelled', reason, code: 'JOB_CANCELLED' });
    this.#settle(jobCancelled(job.id, reason, this.results.failures[0]?.error));
  }

  /** The handle can do nothing more for this job; says so by an `error` event and by `finished`. */
  fail(error: Error): void {
    if (this.#over) return;
    this.#emitError(error, undefined);
    this.#settle(error);
  }

  result(sliceNumber: number, value: unknown): void {
    if (this.#over || !this.#received.add(sliceNumber)) return;
    if (this.#collate) this.results[sliceNumber - 1] = value as T;
    const { job } = this.#options;
    job.emit('result', { job, sliceNumber, result: value as T });
  }

  failure(sliceNumber: number, error: Error): void {
    if (this.#over || !this.#received.add(sliceNumber)) return;
    this.results.addFailure(sliceNumber, error);
    this.#emitError(error, sliceNumber);
  }

  row(status: JobStatus, event: JournalEvent): void {
    const { job } = this.#options;
    this.update(status);
    job.emit('status', withJsonForm({ job, ...this.#status }));
    if (event.kind === 'cancelled') this.cancelled(event.reason);
    else if (event.kind === 'completed') this.#complete();
    else if (event.kind === 'paused') this.#hold.paused(event.reason);
    else if (event.kind === 'resumed') this.#hold.resumed();
  }

  following(status: JobStatus): void {
    const { job, setReadyState } = this.#options;
    if (this.#followed) setReadyState('reconnected');
    this.#followed = true;
    if (status.total < this.#totalKnown) this.#checkTotal();
    if (this.#isClosed && status.open) this.#closeAgain();
    this.update(status);
    // Where the journal was read to its end before, no row will say how the job ended.
    if (status.cursor > fromCursor(this.cursor).seq) return;
    job.emit('status', withJsonForm({ job, ...this.#status }));
    if (status.runStatus === 'finished') this.#complete();
    else if (status.runStatus === 'cancelled') this.cancelled(status.reason ?? '');
    else if (status.runStatus === 'paused') this.#hold.paused(status.reason ?? '');
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

  /** A handle that has had everything so far reads it again, and knows what it had; another has no way to. */
  rewound(): boolean {
    return this.#options.after === 0;
  }

  room(): Promise<void> | undefined {
    return this.#listenersAtMost(LISTENERS_MAX);
  }

  broken(error: Error): void {
    this.fail(error);
  }

  #begin(): void {
    if (this.#wanted === 0 || !this.#known || this.#follower !== undefined || this.#over) return;
    const { context, job } = this.#options;
    const after = this.#after;
    this.#collate = job.collateResults;
    const { clock, yieldNow } = context.ports;
    const fetchBlob = (ref: BlobRef): Promise<Uint8Array> => context.blobs.get(ref, this.ended, Infinity);
    const link = context.linkToFollow(job.id);
    this.#follower = new Follower(job.id, after, { link, clock, yieldNow, fetchBlob }, this);
    this.#unobserve = link.outage.observe({
      lost: (error) => job.emit('reconnecting', { job, error, message: error.message }),
      back: (downMs) => job.emit('reconnected', { job, downMs }),
      isHeard: () => job.listenerCount('reconnecting') > 0,
    });
    const { missing } = context;
    const isHeard = (): boolean => job.listenerCount('noworkers') > 0;
    watchForWorkers({
      clock,
      ended: this.ended,
      isWorthAsking: () => (isHeard() || !missing.isSaid) && this.#status.computed === 0,
      status: async () => (await context.link.request('job.status', { jobId: job.id })).status,
      tell(waitedMs) {
        if (isHeard()) job.emit('noworkers', { job, waitedMs, message: NO_WORKERS });
        else missing.say(job.id);
      },
    });
  }

  #leave(): void {
    if (this.#over || this.#follower === undefined) return;
    this.#after = this.#follower.cursor;
    this.#follower.stop();
    this.#unobserve?.();
    this.#noInput.stop();
    this.#follower = undefined;
  }

  #complete(): void {
    if (this.#over || this.#isComplete) return;
    const { job, slicesRead } = this.#options;
    // What was read is what must have come; where another process read it, what the scheduler says it has.
    const slices = slicesRead() ?? this.#status.total;
    const received = this.#received.size;
    if (this.#options.after === 0 && received !== slices) {
      const text = `Job ${job.id} of ${slices} slices is complete at the scheduler, and the outcomes of ${received} have come.`;
      return this.fail(
        new ManyhandsError('RESULTS_INCOMPLETE', text, { jobId: job.id, received, total: slices }),
      );
    }
    this.#isComplete = true;
    const listeners = this.#listenersAtMost(0);
    if (listeners === undefined) this.#conclude(slices);
    else void listeners.then(() => this.#conclude(slices));
  }

  #listenersAtMost(max: number): Promise<void> | undefined {
    const { context, job } = this.#options;
    const { clock, warn } = context.ports;
    return job.pendingListeners.atMost(max, clock, (count) =>
      warn(
        `manyhands: job ${job.id} waits for ${count} async listeners of 'result' or 'error' that do not end.`,
      ),
    );
  }

  #conclude(slices: number): void {
    if (this.#over) return;
    const { job } = this.#options;
    this.results.setComplete();
    job.emit('complete', this.results);
    // What the scheduler took for a result and nobody can read is no result.
    const failed = Math.max(this.#status.failed, this.results.failedCount);
    if (failed === 0) return this.#settle(undefined);
    this.#settle(slicesFailed({ jobId: job.id, total: slices, failed, results: this.results }));
  }

  /**
   * The answer to a follow may be older than what came over another connection: asked again, it cannot be older than
   * what was known when it was asked. More slices may be appended before the answer comes.
   */
  #checkTotal(): void {
    const { context, job } = this.#options;
    const known = this.#totalKnown;
    context.link.request('job.status', { jobId: job.id }).then(
      ({ status }) => {
        if (!this.#over && status.total < known) this.#lostSlices(known, status.total);
      },
      (error: unknown) => this.fail(error as Error),
    );
  }

  /** The scheduler has fewer slices than it had acknowledged: the rest will never come. */
  #lostSlices(known: number, total: number): void {
    const { job } = this.#options;
    const text =
      `The scheduler had ${known} slices of job ${job.id} and has ${total}: its data was restored from an older copy. ` +
      `Deploy what is missing again.`;
    this.fail(new ManyhandsError('RESULTS_INCOMPLETE', text, { jobId: job.id, known, total }));
  }

  /** The close was acknowledged, and the scheduler does not know of it any more. */
  #closeAgain(): void {
    const { context, job } = this.#options;
    context.link.request('job.close', { jobId: job.id }).then(
      ({ status }) => this.update(status),
      (error: unknown) => this.fail(error as Error),
    );
  }

  #settle(error: Error | undefined): void {
    this.#over = true;
    if (error === undefined) this.#finish.resolve(this.results);
    else this.#finish.reject(error);
    this.#follower?.stop();
    this.#unobserve?.();
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
