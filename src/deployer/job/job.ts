/**
 * The handle of a job: deploys it, adds slices, follows it and cancels it.
 * @module
 */
import { abortable, abortError } from '../../lib/abortable.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Cursor, JobStatus } from '../../protocol/messages/messages.js';
import { toUnits } from '../../wallet/credits.js';
import type { Keystore } from '../../wallet/keystore.js';
import { AppendQueue } from '../upload/append-queue.js';
import { readCall, type CallOptions } from '../arguments/call-options.js';
import { checkKeystore, checkReason } from '../arguments/check-arguments.js';
import type { DeployerContext } from '../connection/context.js';
import { Deployment, type ReadyState } from '../upload/deployment.js';
import { JOURNAL_EVENTS } from './events.js';
import type { JobStatusInfo } from '../results/status-info.js';
import type { UploadSummary } from '../upload/input-upload.js';
import { topUpJob } from './top-up.js';
import { fetchJobResults, type FetchedResult, type ResultRange } from '../results/fetch-results.js';
import type { ParsedCall } from '../upload/forms.js';
import { toJobInput } from '../upload/input.js';
import { JobConfig } from './job-config.js';
import {
  resolveOffer,
  splitExec,
  type ExecOptions,
  type ResolvedOffer,
  type SlicePaymentOffer,
} from '../package/payment.js';
import { RESULTS_LENGTH_MAX, type ResultHandle } from './results.js';
import { JobTracker } from './tracker.js';

/** The call that created the job of this handle, or the status of a job that the scheduler has already. */
export type JobOrigin = { call: ParsedCall } | { attachTo: JobStatus; after: Cursor };

export class Job<T = unknown> extends JobConfig<T> {
  readonly #context: DeployerContext;
  readonly #origin: JobOrigin;
  readonly #tracker: JobTracker<T>;
  readonly #queue: AppendQueue;
  #readyState: ReadyState = 'new';
  #deployment: Deployment | undefined;
  #accepted: Promise<void> | undefined;

  /** @internal Created by `computeFor` and `attach`. */
  constructor(context: DeployerContext, origin: JobOrigin) {
    const isAttached = 'attachTo' in origin;
    super({
      id: isAttached ? origin.attachTo.jobId : newId(context.ports.random),
      autoClose: isAttached ? !origin.attachTo.open : true,
      makeJobFS: context.ports.makeJobFS,
    });
    this.#context = context;
    this.#origin = origin;
    this.#tracker = new JobTracker<T>({
      context,
      job: this,
      after: isAttached ? origin.after : 0,
      setReadyState: (state) => this.#setReadyState(state),
      slicesRead: () => this.#deployment?.slicesRead,
      isUploading: () => this.#queue.isUploading,
      updated: (status) => this.#queue.ahead.update(status),
    });
    this.#queue = new AppendQueue(context, this.id, this.#tracker.ended, {
      readAhead: () => this.readAheadLimits,
      isFollowed: () => this.#tracker.isFollowing,
    });
    if (!isAttached) return;
    this.#readyState = 'deployed';
    this.#accepted = Promise.resolve();
    this.#tracker.accepted(origin.attachTo);
  }

  /**
   * Deploys the job and resolves with its results once it is complete.
   * @param slicePaymentOffer credits per slice.
   * @default 0
   * @param keystore signs the payment offer.
   * @default the wallet's account, if the price is above 0
   * @throws SLICES_FAILED when slices failed permanently (with the available results), JOB_CANCELLED, INPUT_FAILED,
   *   VALUE_NOT_CLONEABLE, CONNECT_FAILED, and the errors of the scheduler
   */
  async exec(
    slicePaymentOffer?: SlicePaymentOffer | ExecOptions,
    keystore?: Keystore,
  ): Promise<ResultHandle<T>> {
    const { offer, signal } = splitExec(slicePaymentOffer);
    if (this.isStarted) throw this.stateError('exec was called twice, or after deploy', 'Use job.wait().');
    this.#tracker.requestFollow();
    // The race ends the wait if the job is cancelled during the deployment.
    const stopListening = this.#cancelOnAbort(signal, 'exec');
    try {
      await Promise.race([this.#deploy(offer, keystore), this.#tracker.finished]);
      return await this.#tracker.finished;
    } finally {
      stopListening();
    }
  }

  /**
   * Deploys the job and resolves with its id once the scheduler has accepted it; the input may still be uploading.
   * @throws the errors of `exec` that occur before the job is accepted
   */
  async deploy(slicePaymentOffer?: SlicePaymentOffer | ExecOptions, keystore?: Keystore): Promise<string> {
    const { offer, signal } = splitExec(slicePaymentOffer);
    if (this.isStarted) throw this.stateError('deploy was called twice, or after exec', 'Use job.wait().');
    const stopListening = this.#cancelOnAbort(signal, 'deploy');
    try {
      await this.#deploy(offer, keystore);
      return this.id;
    } finally {
      stopListening();
    }
  }

  /**
   * Resolves with the results once the job is complete; rejects like `exec`. The signal stops waiting and does not
   * cancel the job.
   * @throws JOB_STATE before it is deployed; ABORTED, TIMEOUT
   */
  async wait(options: CallOptions = {}): Promise<ResultHandle<T>> {
    const { signal } = readCall(options, 'job.wait');
    await abortable('job.wait', this.#requireDeployed('wait'), signal);
    const unfollow = this.#tracker.requestFollow();
    try {
      return await abortable('job.wait', this.#tracker.finished, signal);
    } finally {
      unfollow();
    }
  }

  /** Adds slices to an open job; resolves once they are committed. @throws JOB_STATE, JOB_CLOSED, INPUT_FAILED */
  async addSlices(data: unknown, options: CallOptions = {}): Promise<UploadSummary> {
    const { signal } = readCall(options, 'job.addSlices');
    const input = toJobInput(data);
    await this.#requireDeployed('addSlices');
    if (this.autoClose) {
      throw this.stateError(
        'it is closed after its input',
        'Set job.autoClose = false before it is deployed.',
      );
    }
    return this.#queue.append(input, signal);
  }

  /** Closes the job to more slices: it is complete once all of its slices are finished. @throws JOB_STATE */
  async close(): Promise<void> {
    await this.#requireDeployed('close');
    this.#tracker.update(await this.#queue.close());
  }

  /** Cancels the job permanently; its results so far can still be fetched. @throws ABORTED, TIMEOUT, CONNECT_FAILED */
  async cancel(reason = '', options: CallOptions = {}): Promise<JobStatusInfo> {
    const { signal } = readCall(options, 'job.cancel');
    const cancelReason = checkReason(reason);
    const isSent = this.#deployment?.isSent ?? 'attachTo' in this.#origin;
    if (!isSent) {
      this.#accepted ??= Promise.resolve();
      this.#tracker.cancelled(cancelReason);
      return this.status;
    }
    const { status } = await this.#context.client.request(
      'job.cancel',
      { jobId: this.id, reason: cancelReason },
      { signal },
    );
    this.#tracker.update(status);
    if (status.runStatus === 'cancelled') this.#tracker.cancelled(status.reason ?? cancelReason);
    return this.status;
  }

  /**
   * Fetches finished slices from the scheduler, ordered by slice number; failed slices have an `error` in place of a
   * `value`.
   */
  fetchResults(range?: ResultRange, options?: CallOptions): Promise<FetchedResult<T>[]> {
    return fetchJobResults<T>(this.#context, this.id, range, options);
  }

  /**
   * Raises the ceiling of a paid job, in credits for the whole job; the paying account signs it.
   * @throws JOB_STATE, OFFER_MISMATCH
   */
  async topUp(ceiling: number | string, keystore?: Keystore): Promise<void> {
    const units = toUnits(ceiling);
    await this.#requireDeployed('topUp');
    const status = this.#deployment?.topUp(units, keystore);
    this.#tracker.update(await (status ?? topUpJob(this.#context, this.id, units, keystore)));
  }

  /**
   * The number of slices that the scheduler has committed, as far as this handle knows. After `attach` it counts all
   * committed slices, so that an interrupted upload can continue after them.
   */
  get committed(): number {
    return Math.max(this.#tracker.status.total, this.#queue.lastSlice);
  }

  get readyState(): ReadyState {
    return this.#readyState;
  }

  get status(): JobStatusInfo {
    return this.#tracker.status;
  }

  /** The results: that of slice n is at index n - 1; a missing result is a hole in the array. */
  get results(): ResultHandle<T> {
    return this.#tracker.results;
  }

  /** The position up to which the journal was read; `attach(job.id, { after: job.cursor })` continues after it. */
  get cursor(): Cursor {
    return this.#tracker.cursor;
  }

  /**
   * Fails this handle when the signal aborts, and cancels the job at the scheduler if it was sent. Returns the function
   * that removes the listener.
   */
  #cancelOnAbort(signal: AbortSignal | undefined, what: string): () => void {
    if (signal === undefined) return () => undefined;
    const onAbort = (): void => {
      const error = abortError(`${what} of job ${this.id}`, signal);
      this.#tracker.fail(error);
      if (!this.#deployment?.isSent) return;
      const body = { jobId: this.id, reason: error.message };
      this.#context.client.request('job.cancel', body).catch(() => undefined);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    return () => signal.removeEventListener('abort', onAbort);
  }

  #deploy(offer: SlicePaymentOffer | undefined, keystore: Keystore | undefined): Promise<void> {
    this.#accepted = this.#runDeployment(offer ?? this.offer, keystore ?? this.payer);
    this.freezeFiles();
    this.#accepted.catch(() => undefined);
    return this.#accepted;
  }

  async #runDeployment(offer: SlicePaymentOffer, keystore: Keystore | undefined): Promise<void> {
    const tracker = this.#tracker;
    try {
      this.checkPropertyNames();
      checkKeystore(keystore);
      this.#setReadyState('exec');
      this.#deployment = this.#makeDeployment(offer, keystore);
      await this.#deployment.run();
    } catch (error) {
      if (isError(error, 'NO_FUNDS') || isError(error, 'OFFER_UNDERFUNDED')) {
        this.emit('nofunds', { job: this, reason: error.message });
      }
      tracker.fail(error as Error);
      throw error;
    }
  }

  #makeDeployment(offer: SlicePaymentOffer, keystore: Keystore | undefined): Deployment {
    if (!('call' in this.#origin))
      throw this.stateError('this handle is attached to a deployed job', 'Use job.wait().');
    const { input, work, args } = this.#origin.call;
    const tracker = this.#tracker;
    const settings = this.packageSettings();
    const origins = input.kind === 'values' ? input.origins : [];
    return new Deployment({
      context: this.#context,
      settings: { ...settings, work, args, origins: [...settings.origins, ...(origins ?? [])] },
      input,
      queue: this.#queue,
      autoClose: this.autoClose,
      terms: this.#terms(offer, input.slices),
      keystore,
      ended: tracker.ended,
      setReadyState: (state) => this.#setReadyState(state),
      accepted: (status) => {
        this.emit('accepted', { job: this, id: this.id });
        tracker.accepted(status);
      },
      closed: (status) => tracker.update(status),
      failed: (error) => {
        if (isError(error, 'JOB_CANCELLED')) tracker.cancelled(error.info.reason ?? '');
        else tracker.fail(error);
      },
    });
  }

  #terms(offer: SlicePaymentOffer, slices: number | undefined): ResolvedOffer {
    if (this.collateResults && slices !== undefined && slices > RESULTS_LENGTH_MAX) {
      throw new ManyhandsError(
        'INVALID_ARGUMENT',
        `${slices} results exceed the maximum length of an array. Set job.collateResults = false and listen to 'result'.`,
      );
    }
    return resolveOffer(offer, this.autoClose ? slices : undefined);
  }

  #setReadyState(state: ReadyState): void {
    this.#readyState = state;
    this.emit('readystatechange', state);
  }

  protected override get isStarted(): boolean {
    return this.#accepted !== undefined;
  }

  protected override get isFollowed(): boolean {
    return this.#tracker.isFollowing;
  }

  protected override onListenerAdded(name: string): void {
    if (JOURNAL_EVENTS.has(name)) this.#tracker.requestFollow();
  }

  async #requireDeployed(what: string): Promise<void> {
    if (this.#accepted === undefined)
      throw this.stateError(`${what} needs a deployed job`, 'Call exec or deploy first.');
    await this.#accepted;
  }
}
