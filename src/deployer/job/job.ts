/**
 * The handle of a job: how it is deployed, fed, followed and ended.
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
import type { FeedSummary } from '../upload/feed.js';
import { topUpJob } from './top-up.js';
import { fetchJobResults, type FetchedResult, type ResultRange } from '../results/fetch-results.js';
import type { ParsedCall } from '../upload/forms.js';
import { toJobInput } from '../upload/input.js';
import { JobSettings } from './job-config.js';
import {
  resolveOffer,
  splitExec,
  type ExecOptions,
  type OfferTerms,
  type SlicePaymentOffer,
} from '../package/payment.js';
import { RESULTS_LENGTH_MAX, type ResultHandle } from './results.js';
import { JobTracker } from './tracker.js';

/** A job that this handle is to deploy, or one that the scheduler has already. */
export type JobOrigin = { call: ParsedCall } | { attachTo: JobStatus; after: Cursor };

export class Job<T = unknown> extends JobSettings<T> {
  readonly #context: DeployerContext;
  readonly #origin: JobOrigin;
  readonly #tracker: JobTracker<T>;
  readonly #queue: AppendQueue;
  #readyState: ReadyState = 'new';
  #deployment: Deployment | undefined;
  #accepted: Promise<void> | undefined;

  /** @internal Made by `computeFor` and `attach`. */
  constructor(context: DeployerContext, origin: JobOrigin) {
    const attached = 'attachTo' in origin;
    super({
      id: attached ? origin.attachTo.jobId : newId(context.ports.random),
      autoClose: attached ? !origin.attachTo.open : true,
      makeJobFS: context.ports.makeJobFS,
    });
    this.#context = context;
    this.#origin = origin;
    this.#tracker = new JobTracker<T>({
      context,
      job: this,
      after: attached ? origin.after : 0,
      setReadyState: (state) => this.#setReadyState(state),
      slicesRead: () => this.#deployment?.slicesRead,
      isFeeding: () => this.#queue.isFeeding,
      updated: (status) => this.#queue.ahead.update(status),
    });
    this.#queue = new AppendQueue(context, this.id, this.#tracker.ended, {
      readAhead: () => this.readAheadLimits,
      isFollowed: () => this.#tracker.isFollowing,
    });
    if (!attached) return;
    this.#readyState = 'deployed';
    this.#accepted = Promise.resolve();
    this.#tracker.known(origin.attachTo);
  }

  /**
   * Deploys the job and resolves with its results when it is complete.
   * @param slicePaymentOffer credits per slice. @default 0
   * @param keystore pays. @default the wallet's account, where the job pays at all
   * @throws SLICES_FAILED when slices failed for good (with the results that there are), JOB_CANCELLED,
   *   INPUT_FAILED, VALUE_NOT_CLONEABLE, CONNECT_FAILED, and what the scheduler refuses with
   */
  async exec(
    slicePaymentOffer?: SlicePaymentOffer | ExecOptions,
    keystore?: Keystore,
  ): Promise<ResultHandle<T>> {
    const { offer, signal } = splitExec(slicePaymentOffer);
    if (this.isBegun) throw this.stateError('exec was called twice, or after deploy', 'Use job.wait().');
    this.#tracker.want();
    // A job that is cancelled on its way is not waited for.
    const unheed = this.#heed(signal, 'exec');
    try {
      await Promise.race([this.#deploy(offer, keystore), this.#tracker.finished]);
      return await this.#tracker.finished;
    } finally {
      unheed();
    }
  }

  /**
   * Deploys the job and resolves with its id when the scheduler has it; the rest of its input streams behind.
   * @throws as `exec`, but for what happens after that
   */
  async deploy(slicePaymentOffer?: SlicePaymentOffer | ExecOptions, keystore?: Keystore): Promise<string> {
    const { offer, signal } = splitExec(slicePaymentOffer);
    if (this.isBegun) throw this.stateError('deploy was called twice, or after exec', 'Use job.wait().');
    const unheed = this.#heed(signal, 'deploy');
    try {
      await this.#deploy(offer, keystore);
      return this.id;
    } finally {
      unheed();
    }
  }

  /**
   * Resolves with the results when the job is complete; rejects as `exec`. A signal ends the waiting alone.
   * @throws JOB_STATE before it is deployed; ABORTED, TIMEOUT
   */
  async wait(options: CallOptions = {}): Promise<ResultHandle<T>> {
    const { signal } = readCall(options, 'job.wait');
    await abortable('job.wait', this.#deployed('wait'), signal);
    const unwant = this.#tracker.want();
    try {
      return await abortable('job.wait', this.#tracker.finished, signal);
    } finally {
      unwant();
    }
  }

  /** Adds slices to an open job; resolves when they are committed. @throws JOB_STATE, JOB_CLOSED, INPUT_FAILED */
  async addSlices(data: unknown, options: CallOptions = {}): Promise<FeedSummary> {
    const { signal } = readCall(options, 'job.addSlices');
    const input = toJobInput(data);
    await this.#deployed('addSlices');
    if (this.autoClose) {
      throw this.stateError(
        'it closes itself behind its input',
        'Set job.autoClose = false before it is deployed.',
      );
    }
    return this.#queue.append(input, signal);
  }

  /** No more slices will come: the job is complete when those that it has are. @throws JOB_STATE */
  async close(): Promise<void> {
    await this.#deployed('close');
    this.#tracker.update(await this.#queue.close());
  }

  /** Stops the job for good; results so far can still be fetched. */
  async cancel(reason = '', options: CallOptions = {}): Promise<JobStatusInfo> {
    const { signal } = readCall(options, 'job.cancel');
    const why = checkReason(reason);
    const known = this.#deployment?.sent ?? 'attachTo' in this.#origin;
    if (!known) {
      this.#accepted ??= Promise.resolve();
      this.#tracker.cancelled(why);
      return this.status;
    }
    const { status } = await this.#context.link.request(
      'job.cancel',
      { jobId: this.id, reason: why },
      { signal },
    );
    this.#tracker.update(status);
    if (status.runStatus === 'cancelled') this.#tracker.cancelled(status.reason ?? why);
    return this.status;
  }

  /** Results that the scheduler has, by slice number; failed slices have an `error` in place of a `value`. */
  fetchResults(range?: ResultRange, options?: CallOptions): Promise<FetchedResult<T>[]> {
    return fetchJobResults<T>(this.#context, this.id, range, options);
  }

  /** Raises the ceiling of a job that pays, in credits for the whole job; the account that pays signs it. */
  async topUp(ceiling: number | string, keystore?: Keystore): Promise<void> {
    const units = toUnits(ceiling);
    await this.#deployed('topUp');
    const topped = this.#deployment?.topUp(units, keystore);
    this.#tracker.update(await (topped ?? topUpJob(this.#context, this.id, units, keystore)));
  }

  /**
   * Slices that the scheduler has of the job's input, as far as this handle knows: after `attach` all that were
   * committed, so that an interrupted input goes on behind them.
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

  /** The result of slice n is at index n - 1; what is not there yet is a hole. */
  get results(): ResultHandle<T> {
    return this.#tracker.results;
  }

  /** How far the journal was read; `attach(job.id, { after: job.cursor })` goes on behind it. */
  get cursor(): Cursor {
    return this.#tracker.cursor;
  }

  /** When the signal aborts, what was begun ends: here at once, at the scheduler as soon as it hears. */
  #heed(signal: AbortSignal | undefined, what: string): () => void {
    if (signal === undefined) return () => undefined;
    const onAbort = (): void => {
      const error = abortError(`${what} of job ${this.id}`, signal);
      this.#tracker.fail(error);
      if (!this.#deployment?.sent) return;
      const body = { jobId: this.id, reason: error.message };
      this.#context.link.request('job.cancel', body).catch(() => undefined);
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
      this.checkNames();
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
    if (!('call' in this.#origin)) throw this.stateError('it was attached to', 'Use job.wait().');
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
        tracker.known(status);
      },
      closed: (status) => tracker.update(status),
      failed: (error) => {
        if (isError(error, 'JOB_CANCELLED')) tracker.cancelled(error.info.reason ?? '');
        else tracker.fail(error);
      },
    });
  }

  #terms(offer: SlicePaymentOffer, slices: number | undefined): OfferTerms {
    if (this.collateResults && slices !== undefined && slices > RESULTS_LENGTH_MAX) {
      throw new ManyhandsError(
        'INVALID_ARGUMENT',
        `${slices} results do not fit into an array. Set job.collateResults = false and listen to 'result'.`,
      );
    }
    return resolveOffer(offer, this.autoClose ? slices : undefined);
  }

  #setReadyState(state: ReadyState): void {
    this.#readyState = state;
    this.emit('readystatechange', state);
  }

  protected override get isBegun(): boolean {
    return this.#accepted !== undefined;
  }

  protected override get isFollowed(): boolean {
    return this.#tracker.isFollowing;
  }

  protected override listened(name: string): void {
    if (JOURNAL_EVENTS.has(name)) this.#tracker.want();
  }

  async #deployed(what: string): Promise<void> {
    if (this.#accepted === undefined)
      throw this.stateError(`${what} needs a deployed job`, 'Call exec or deploy first.');
    await this.#accepted;
  }
}
