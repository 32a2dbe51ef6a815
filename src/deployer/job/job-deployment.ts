/**
 * The one deployment of a job: from its call to the scheduler's acceptance, and its end where a signal aborts.
 * @module
 */
import { reactionTo } from '../../client/retry/error-reactions.js';
import { abortError } from '../../lib/abortable.js';
import type { Keystore } from '../../wallet/keystore.js';
import { toLocalConfig } from '../config/local-config.js';
import type { ConfigDraft } from '../config/config-draft.js';
import type { DeployerContext } from '../connection/context.js';
import type { SlicePaymentOffer } from '../package/payment.js';
import type { JobState } from '../state/job-state.js';
import type { ParsedCall } from '../call/forms.js';
import type { JobUpload } from '../upload/job-upload.js';

export interface JobDeploymentParts<T, J> {
  /** The handle. */
  job: J;
  draft: ConfigDraft;
  upload: JobUpload;
  state: JobState<T, J>;
  /** The call that created the job; undefined for a job that the scheduler has already. */
  call: ParsedCall | undefined;
}

export class JobDeployment<T, J extends object> {
  readonly #context: DeployerContext;
  readonly #parts: JobDeploymentParts<T, J>;
  #accepted: Promise<void> | undefined;

  constructor(context: DeployerContext, parts: JobDeploymentParts<T, J>) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Whether the scheduler may have the job. */
  get isSent(): boolean {
    const { call, upload } = this.#parts;
    return call === undefined || upload.isSent;
  }

  /** There is nothing to deploy (any more). */
  markAccepted(): void {
    this.#accepted ??= Promise.resolve();
  }

  /** Resolves once the scheduler has accepted the job. */
  run(offer: SlicePaymentOffer | undefined, keystore: Keystore | undefined): Promise<void> {
    this.#parts.draft.lock();
    this.#accepted = this.#run(this.#parts.call!, offer, keystore);
    this.#accepted.catch(() => undefined);
    return this.#accepted;
  }

  async #run(call: ParsedCall, offer?: SlicePaymentOffer, keystore?: Keystore): Promise<void> {
    const { job, draft, upload, state } = this.#parts;
    try {
      state.setReadyState('exec');
      const frozen = draft.freeze(call, Object.keys(job), offer, keystore);
      const { local, isDebugged } = this.#context.ports;
      const config = local === undefined ? frozen : toLocalConfig(frozen, isDebugged?.() ?? false);
      await upload.deploy(config, call.input, state);
    } catch (error) {
      if (reactionTo(error) === 'ask-owner')
        state.events.emit('nofunds', { job, reason: (error as Error).message });
      state.fail(error as Error);
      throw error;
    }
  }

  /** Deploys the job with its own settings, unless that was done. An error of it ends the job for the handle. */
  ensureStarted(): void {
    if (!this.#parts.draft.isLocked) void this.run(undefined, undefined).catch(() => undefined);
  }

  /** @throws JOB_STATE */
  assertNotStarted(problem: string): void {
    const { draft } = this.#parts;
    if (draft.isLocked) throw draft.stateError(problem, 'Use job.wait().');
  }

  /** Resolves once the job is accepted. @throws JOB_STATE before it is deployed */
  async required(what: string): Promise<void> {
    if (this.#accepted === undefined)
      throw this.#parts.draft.stateError(`${what} needs a deployed job`, 'Call exec or deploy first.');
    await this.#accepted;
  }

  /**
   * Fails the handle when the signal aborts, and cancels the job at the scheduler if it was sent. Returns the function
   * that removes the listener.
   */
  cancelOnAbort(signal: AbortSignal | undefined, what: string): () => void {
    if (signal === undefined) return () => undefined;
    const { state, upload } = this.#parts;
    const onAbort = (): void => {
      const error = abortError(`${what} of job ${state.id}`, signal);
      state.fail(error);
      if (!upload.isSent) return;
      const body = { jobId: state.id, reason: error.message };
      this.#context.client.request('job.cancel', body).catch(() => undefined);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    return () => signal.removeEventListener('abort', onAbort);
  }
}
