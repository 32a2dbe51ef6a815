/**
 * The handle of a job, a facade: it passes settings to the draft of the job's config, input to its upload, and waits to its
 * results. These report to the state of the job, which no longer knows the handle but as the payload of events.
 * @module
 */
import type { ResultRange } from '../state/result-items.js';
import { requestCancellation, requestRetry } from './slice-requests.js';
import type { CallOptions } from '../../client/jobs/call-options.js';
import { readCall } from '../../client/jobs/call-options.js';
import type { JobStatusInfo } from '../../client/jobs/status-info.js';
import { abortable, checkSignal } from '../../lib/abortable.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Cursor, JobStatus } from '../../protocol/messages/messages.js';
import { toUnits } from '../../wallet/credits.js';
import type { Keystore } from '../../wallet/keystore.js';
import { checkThreadCount, checkFunction, checkReason } from '../arguments/check-arguments.js';
import { ConfigDraft } from '../config/config-draft.js';
import type { DeployerContext } from '../connection/context.js';
import { splitExec, type ExecOptions, type SlicePaymentOffer } from '../package/payment.js';
import { JobReader } from '../results/job-reader.js';
import { JobResults } from '../results/job-results.js';
import { JobEmitter } from '../state/job-emitter.js';
import { JobState } from '../state/job-state.js';
import type { ResultHandle } from '../state/result-handle.js';
import type { ParsedCall } from '../call/forms.js';
import type { UploadSummary } from '../upload/input-upload.js';
import { toJobInput } from '../call/input.js';
import { JobUpload } from '../upload/job-upload.js';
import type { ResumeOptions } from '../upload/resume-input.js';
import { SwitchableContext } from './switchable-context.js';
import { JobDeployment } from './job-deployment.js';
import { JobOutput } from './job-output.js';
import { PARTS, type JobParts } from './job-parts.js';

/** The call that created the job of this handle, or the status of a job that the scheduler has already. */
export type JobOrigin = { call: ParsedCall } | { attachTo: JobStatus; after: Cursor };

export class Job<T = unknown> extends JobOutput<T> {
  /** The id of the job, 22 characters; known before the job is deployed. */
  readonly id: string;
  readonly #parts: JobParts<T, this>;

  /** @internal Created by `computeFor` and `attach`. */
  constructor(deployer: DeployerContext, origin: JobOrigin) {
    super();
    const context = new SwitchableContext(deployer);
    const attached = 'attachTo' in origin ? origin.attachTo : undefined;
    this.id = attached?.jobId ?? newId(context.ports.random);
    const state = new JobState<T, this>(this.id, new JobEmitter<T, this>(this));
    const draft = new ConfigDraft({
      jobId: this.id,
      makeJobFS: context.ports.makeJobFS,
      isFollowed: () => state.isFollowed,
    });
    const upload = new JobUpload(context, state);
    state.observe(upload);
    const results = new JobResults<T, this>(context, state, {
      after: 'after' in origin ? origin.after : 0,
      collate: () => this.collateResults,
      upload,
    });
    const call = 'call' in origin ? origin.call : undefined;
    const deployment = new JobDeployment<T, this>(context, { job: this, draft, upload, state, call });
    const reader = new JobReader<T>(context, {
      state,
      results,
      ensureDeployed: () => deployment.ensureStarted(),
      input: call?.input,
    });
    state.results.setReader(reader);
    this.#parts = { context, draft, state, upload, results, reader, deployment };
    if (attached === undefined) return;
    draft.lock(!attached.open);
    deployment.markAccepted();
    state.attached(attached);
  }

  /** @internal */
  protected get [PARTS](): JobParts<T, this> {
    return this.#parts;
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
    this.#parts.deployment.assertNotStarted('exec was called twice, or after deploy');
    this.#parts.results.requestFollow();
    // The race ends the wait if the job is cancelled during the deployment.
    const stopListening = this.#parts.deployment.cancelOnAbort(signal, 'exec');
    try {
      const finished = this.#parts.state.waitForEnd();
      await Promise.race([this.#parts.deployment.run(offer, keystore), finished]);
      return await finished;
    } finally {
      stopListening();
    }
  }

  /**
   * Runs the job in this process and resolves with its results: as `exec`, without a scheduler, a network, an identity or a
   * payment. Its errors are those of `exec`.
   * @param cores sandboxes that compute at a time
   * @param options `{ signal }`; prices are ignored
   * @throws UNSUPPORTED_ENVIRONMENT in a page
   */
  async localExec(cores = 1, options?: SlicePaymentOffer | ExecOptions): Promise<ResultHandle<T>> {
    const { context, deployment } = this.#parts;
    deployment.assertNotStarted('localExec was called after exec or deploy');
    const { signal } = splitExec(options);
    context.useLocal(checkThreadCount(cores, 'localExec: cores'));
    return this.exec({ pricePerSlice: 0, signal });
  }

  /**
   * Deploys the job and resolves with its id once the scheduler has accepted it; the input may still be uploading.
   * @throws the errors of `exec` that occur before the job is accepted
   */
  async deploy(slicePaymentOffer?: SlicePaymentOffer | ExecOptions, keystore?: Keystore): Promise<string> {
    const { offer, signal } = splitExec(slicePaymentOffer);
    this.#parts.deployment.assertNotStarted('deploy was called twice, or after exec');
    const stopListening = this.#parts.deployment.cancelOnAbort(signal, 'deploy');
    try {
      await this.#parts.deployment.run(offer, keystore);
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
    await abortable('job.wait', this.#parts.deployment.required('wait'), signal);
    const unfollow = this.#parts.results.requestFollow();
    try {
      return await abortable('job.wait', this.#parts.state.waitForEnd(), signal);
    } finally {
      unfollow();
    }
  }

  /**
   * Resolves with the first result, in the order of completion, for which `predicate(result, sliceNumber)` is true or
   * resolves to true, and cancels the rest of the job; with `undefined` if there is none. It deploys the job if that was not
   * done. If the predicate throws or the signal aborts, the job is cancelled too.
   * @throws SLICES_FAILED if slices failed and no result matched; the errors of `exec`, ABORTED, TIMEOUT
   */
  async until(
    predicate: (result: T, sliceNumber: number) => boolean | PromiseLike<boolean>,
    options?: CallOptions,
  ): Promise<T | undefined> {
    checkFunction('The predicate of job.until', predicate);
    let reason = 'job.until was ended';
    try {
      for await (const { sliceNumber, result, error } of this.#parts.reader.completed(options)) {
        if (error !== undefined || !(await predicate(result, sliceNumber))) continue;
        reason = `job.until has its result, of slice ${sliceNumber}`;
        return result;
      }
      await this.#parts.state.finished;
      return undefined;
    } finally {
      if (!this.#parts.state.isEnded) await this.cancel(reason).catch(() => undefined);
    }
  }

  /** Adds slices to an open job; resolves once they are committed. @throws JOB_STATE, JOB_CLOSED, INPUT_FAILED */
  async addSlices(data: unknown, options: CallOptions = {}): Promise<UploadSummary> {
    const { signal } = readCall(options, 'job.addSlices');
    const input = toJobInput(data);
    await abortable('job.addSlices', this.#parts.deployment.required('addSlices'), signal);
    if (!this.autoClose) return this.#parts.upload.append(input, signal);
    throw this.#parts.draft.stateError(
      'it is closed after its input',
      'Set job.autoClose = false before it is deployed.',
    );
  }

  /**
   * Continues an input whose upload was interrupted, usually on a handle of `attach`: adds the data after the first
   * `job.committed`, and closes the job. `source` is the whole input, of which the first data are read and left out, or a
   * function `(from) => source` that returns it after the first `from` data. Resolves once they are committed.
   * @throws JOB_STATE if another program adds slices meanwhile; INPUT_FAILED, JOB_CANCELLED, ABORTED, TIMEOUT
   */
  async resumeInput(source: unknown, options?: ResumeOptions): Promise<UploadSummary> {
    const { context, draft, upload, deployment } = this.#parts;
    await abortable('job.resumeInput', deployment.required('resumeInput'), checkSignal(options?.signal));
    if (upload.isUploading) throw draft.stateError('its input is being sent', 'Await it first.');
    const { resumeInput } = await import('../upload/resume-input.js');
    return resumeInput(context, this.id, upload, source, options);
  }

  /** Closes the job to more slices: it is complete once all of its slices are finished. @throws JOB_STATE, ABORTED, TIMEOUT */
  async close(options: CallOptions = {}): Promise<void> {
    const { signal } = readCall(options, 'job.close');
    await abortable('job.close', this.#parts.deployment.required('close'), signal);
    this.#parts.state.update(await abortable('job.close', this.#parts.upload.close(signal), signal));
  }

  /**
   * Cancels the job permanently; its results so far can still be fetched. With a `range`, only its slices that are not done:
   * they fail with the code `SLICE_CANCELLED`, cost nothing, and can be retried.
   * @throws JOB_STATE for a range before it is deployed, INVALID_ARGUMENT, ABORTED, TIMEOUT, CONNECT_FAILED
   */
  async cancel(reason = '', options: CallOptions & { range?: ResultRange } = {}): Promise<JobStatusInfo> {
    const { range, ...rest } = options;
    const { signal } = readCall(rest, 'job.cancel');
    const cancelReason = checkReason(reason);
    if (range !== undefined) {
      await abortable('job.cancel', this.#parts.deployment.required('cancel'), signal);
      const request = { range, reason: cancelReason };
      const { status } = await requestCancellation(this.#parts.context, this.id, request, signal);
      this.#parts.state.update(status);
      return this.status;
    }
    if (!this.#parts.deployment.isSent) {
      this.#parts.draft.lock();
      this.#parts.deployment.markAccepted();
      this.#parts.state.cancelled(cancelReason);
      return this.status;
    }
    const body = { jobId: this.id, reason: cancelReason };
    const { status } = await this.#parts.context.client.request('job.cancel', body, { signal });
    this.#parts.state.update(status);
    if (status.runStatus === 'cancelled') this.#parts.state.cancelled(status.reason ?? cancelReason);
    return this.status;
  }

  /**
   * Runs the slices again that failed or were cancelled, all of them or those of the range, in place and with fresh attempts.
   * Slices with a result stay as they are and are not paid again. A job that was complete runs again: `job.wait()` then waits
   * for its new end. Resolves with the number of slices that run again.
   * @throws JOB_STATE before it is deployed, JOB_CANCELLED for a job that was cancelled, INVALID_ARGUMENT, ABORTED
   */
  async retry(range: 'failed' | ResultRange = 'failed', options: CallOptions = {}): Promise<number> {
    const { signal } = readCall(options, 'job.retry');
    const { context, deployment, state, results } = this.#parts;
    await abortable('job.retry', deployment.required('retry'), signal);
    const { count, status } = await requestRetry(context, this.id, range, signal);
    // An earlier request, whose reply was lost, may have reopened the job.
    const runsAgain = count > 0 || status.runStatus === 'running' || status.runStatus === 'paused';
    if (runsAgain && state.isEnded) {
      state.reopen();
      results.reopen();
    }
    state.update(status);
    return count;
  }

  /**
   * Raises the ceiling of a paid job, in credits for the whole job; the paying account signs it.
   * @throws JOB_STATE, OFFER_MISMATCH, ABORTED, TIMEOUT
   */
  async topUp(ceiling: number | string, keystore?: Keystore, options: CallOptions = {}): Promise<void> {
    const units = toUnits(ceiling);
    const { signal } = readCall(options, 'job.topUp');
    await abortable('job.topUp', this.#parts.deployment.required('topUp'), signal);
    this.#parts.state.update(await this.#parts.upload.topUp(units, keystore, signal));
  }
}
