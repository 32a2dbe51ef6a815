/**
 * The handle of a job, a facade: it passes settings to the draft of the job's config, input to its upload, and waits to its
 * results. These report to the state of the job, which no longer knows the handle but as the payload of events.
 * @module
 */
import type { CallOptions } from '../../client/jobs/call-options.js';
import { readCall } from '../../client/jobs/call-options.js';
import type { JobStatusInfo } from '../../client/jobs/status-info.js';
import { abortable } from '../../lib/abortable.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Cursor, JobStatus } from '../../protocol/messages/messages.js';
import { toUnits } from '../../wallet/credits.js';
import type { Keystore } from '../../wallet/keystore.js';
import { checkReason } from '../arguments/check-arguments.js';
import { ConfigDraft } from '../config/config-draft.js';
import { SETTING_NAMES, type Settings } from '../config/settings.js';
import type { DeployerContext } from '../connection/context.js';
import { splitExec, type ExecOptions, type SlicePaymentOffer } from '../package/payment.js';
import { fetchJobResults, type FetchedResult, type ResultRange } from '../results/fetch-results.js';
import { JobResults } from '../results/job-results.js';
import { JOURNAL_EVENTS, type JobEventsOf, type ReadyState } from '../state/events.js';
import { JobEmitter, type JobEventName, type JobListener } from '../state/job-emitter.js';
import { JobState } from '../state/job-state.js';
import type { ResultHandle } from '../state/result-handle.js';
import type { ParsedCall } from '../call/forms.js';
import type { UploadSummary } from '../upload/input-upload.js';
import { toJobInput } from '../call/input.js';
import { JobUpload } from '../upload/job-upload.js';
import { JobDeployment } from './job-deployment.js';

/** The call that created the job of this handle, or the status of a job that the scheduler has already. */
export type JobOrigin = { call: ParsedCall } | { attachTo: JobStatus; after: Cursor };

export class Job<T = unknown> implements Settings {
  /** The id of the job, 22 characters; known before the job is deployed. */
  readonly id: string;
  declare worktime: Settings['worktime'];
  declare worktimeVersion: Settings['worktimeVersion'];
  declare customWorktime: Settings['customWorktime'];
  declare wasm: Settings['wasm'];
  declare isolation: Settings['isolation'];
  declare public: Settings['public'];
  declare env: Settings['env'];
  declare origins: Settings['origins'];
  declare limits: Settings['limits'];
  declare collateResults: Settings['collateResults'];
  declare readAhead: Settings['readAhead'];
  declare autoClose: Settings['autoClose'];
  declare computeGroups: Settings['computeGroups'];
  declare fs: Settings['fs'];
  readonly #context: DeployerContext;
  readonly #draft: ConfigDraft;
  readonly #state: JobState<T, this>;
  readonly #upload: JobUpload;
  readonly #results: JobResults<T, this>;
  readonly #deployment: JobDeployment<T, this>;

  static {
    for (const name of SETTING_NAMES) {
      Object.defineProperty(this.prototype, name, {
        get(this: Job) {
          return this.#draft.get(name);
        },
        set(this: Job, value: never) {
          this.#draft.set(name, value);
        },
        configurable: true,
      });
    }
  }

  /** @internal Created by `computeFor` and `attach`. */
  constructor(context: DeployerContext, origin: JobOrigin) {
    const attached = 'attachTo' in origin ? origin.attachTo : undefined;
    this.id = attached?.jobId ?? newId(context.ports.random);
    this.#context = context;
    this.#state = new JobState<T, this>(this.id, new JobEmitter<T, this>(this));
    this.#draft = new ConfigDraft({
      jobId: this.id,
      makeJobFS: context.ports.makeJobFS,
      isFollowed: () => this.#state.isFollowed,
    });
    this.#upload = new JobUpload(context, this.#state);
    this.#state.observe(this.#upload);
    this.#results = new JobResults<T, this>(context, this.#state, {
      after: 'after' in origin ? origin.after : 0,
      collate: () => this.collateResults,
      upload: this.#upload,
    });
    this.#deployment = new JobDeployment<T, this>(context, {
      job: this,
      draft: this.#draft,
      upload: this.#upload,
      state: this.#state,
      call: 'call' in origin ? origin.call : undefined,
    });
    if (attached === undefined) return;
    this.#draft.lock(!attached.open);
    this.#deployment.markAccepted();
    this.#state.attached(attached);
  }

  /** @throws JOB_STATE once the job is deployed */
  setSlicePaymentOffer(offer: SlicePaymentOffer): void {
    this.#draft.setOffer(offer);
  }

  /** @throws JOB_STATE once the job is deployed */
  setPaymentAccountKeystore(keystore: Keystore): void {
    this.#draft.setPayer(keystore);
  }

  /**
   * Deploys the job and resolves with its results once it is complete.
   * @param slicePaymentOffer credits per slice; by default 0
   * @param keystore signs the payment offer; by default the wallet's account, if the price is above 0
   * @throws SLICES_FAILED when slices failed permanently (with the available results), JOB_CANCELLED, INPUT_FAILED,
   *   VALUE_NOT_CLONEABLE, CONNECT_FAILED, and the errors of the scheduler
   */
  async exec(
    slicePaymentOffer?: SlicePaymentOffer | ExecOptions,
    keystore?: Keystore,
  ): Promise<ResultHandle<T>> {
    const { offer, signal } = splitExec(slicePaymentOffer);
    this.#deployment.assertNotStarted('exec was called twice, or after deploy');
    this.#results.requestFollow();
    // The race ends the wait if the job is cancelled during the deployment.
    const stopListening = this.#deployment.cancelOnAbort(signal, 'exec');
    try {
      await Promise.race([this.#deployment.run(offer, keystore), this.#state.finished]);
      return await this.#state.finished;
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
    this.#deployment.assertNotStarted('deploy was called twice, or after exec');
    const stopListening = this.#deployment.cancelOnAbort(signal, 'deploy');
    try {
      await this.#deployment.run(offer, keystore);
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
    await abortable('job.wait', this.#deployment.required('wait'), signal);
    const unfollow = this.#results.requestFollow();
    try {
      return await abortable('job.wait', this.#state.finished, signal);
    } finally {
      unfollow();
    }
  }

  /** Adds slices to an open job; resolves once they are committed. @throws JOB_STATE, JOB_CLOSED, INPUT_FAILED */
  async addSlices(data: unknown, options: CallOptions = {}): Promise<UploadSummary> {
    const { signal } = readCall(options, 'job.addSlices');
    const input = toJobInput(data);
    await this.#deployment.required('addSlices');
    if (!this.autoClose) return this.#upload.append(input, signal);
    throw this.#draft.stateError(
      'it is closed after its input',
      'Set job.autoClose = false before it is deployed.',
    );
  }

  /** Closes the job to more slices: it is complete once all of its slices are finished. @throws JOB_STATE */
  async close(): Promise<void> {
    await this.#deployment.required('close');
    this.#state.update(await this.#upload.close());
  }

  /** Cancels the job permanently; its results so far can still be fetched. @throws ABORTED, TIMEOUT, CONNECT_FAILED */
  async cancel(reason = '', options: CallOptions = {}): Promise<JobStatusInfo> {
    const { signal } = readCall(options, 'job.cancel');
    const cancelReason = checkReason(reason);
    if (!this.#deployment.isSent) {
      this.#draft.lock();
      this.#deployment.markAccepted();
      this.#state.cancelled(cancelReason);
      return this.status;
    }
    const body = { jobId: this.id, reason: cancelReason };
    const { status } = await this.#context.client.request('job.cancel', body, { signal });
    this.#state.update(status);
    if (status.runStatus === 'cancelled') this.#state.cancelled(status.reason ?? cancelReason);
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
    await this.#deployment.required('topUp');
    this.#state.update(await this.#upload.topUp(units, keystore));
  }

  /**
   * The number of slices that the scheduler has committed, as far as this handle knows. After `attach` it counts all
   * committed slices, so that an interrupted upload can continue after them.
   */
  get committed(): number {
    return Math.max(this.#state.status.total, this.#upload.lastSlice);
  }

  get readyState(): ReadyState {
    return this.#state.readyState;
  }

  get status(): JobStatusInfo {
    return this.#state.status;
  }

  /** The results: that of slice n is at index n - 1; a missing result is a hole in the array. */
  get results(): ResultHandle<T> {
    return this.#state.results;
  }

  /** The position up to which the journal was read; `attach(job.id, { after: job.cursor })` continues after it. */
  get cursor(): Cursor {
    return this.#results.cursor;
  }

  on<K extends string>(name: JobEventName<T, K>, listener: JobListener<T, this, K>): this {
    this.#state.events.on(name as never, listener);
    return this.#listened(name);
  }

  once<K extends string>(name: JobEventName<T, K>, listener: JobListener<T, this, K>): this {
    this.#state.events.once(name as never, listener);
    return this.#listened(name);
  }

  off<K extends string>(name: JobEventName<T, K>, listener: JobListener<T, this, K>): this {
    this.#state.events.off(name as never, listener);
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
    return this.#state.events.listenerCount(name);
  }

  /** A listener for an event of the journal makes the handle follow its job. */
  #listened(name: string): this {
    if (JOURNAL_EVENTS.has(name.toLowerCase())) this.#results.requestFollow();
    return this;
  }
}
