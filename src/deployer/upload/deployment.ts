/**
 * Deploys one job: its package, payment offer and input. Deploy, appends and close are sent without waiting for the
 * replies between them, so that a job costs one round trip.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { toHex } from '../../lib/crypto/ids.js';
import type { JobStatus, WireOffer } from '../../protocol/messages/messages.js';
import type { Keystore } from '../../wallet/keystore.js';
import { signOffer } from '../../wallet/offer.js';
import type { AppendQueue } from './append-queue.js';
import type { DeployerContext } from '../connection/context.js';

import type { InputUpload } from './input-upload.js';
import { discardInput, type JobInput } from './input.js';
import type { AuthenticatedWelcome } from '../connection/scheduler-client.js';
import { buildPackage, type PackSettings } from '../package/package.js';
import type { ResolvedOffer } from '../package/payment.js';

/** The stage of the deployment; `new` until `exec` or `deploy` is called. */
export type ReadyState =
  'new' | 'exec' | 'init' | 'preauth' | 'deploying' | 'uploading' | 'deployed' | 'reconnected';

export interface DeploymentOptions {
  context: DeployerContext;
  settings: PackSettings;
  input: JobInput;
  queue: AppendQueue;
  /** Whether to close the job after its input. */
  autoClose: boolean;
  terms: ResolvedOffer;
  /** Signs the offer. If undefined, the wallet's account signs it, and the offer of a free job is not signed. */
  keystore: Keystore | undefined;
  /** Aborts when the job ends in any way. */
  ended: AbortSignal;
  setReadyState: (state: ReadyState) => void;
  /** The scheduler has accepted the job. */
  accepted: (status: JobStatus) => void;
  /** The scheduler has closed the job after its input. */
  closed: (status: JobStatus) => void;
  /** The input could not be uploaded completely. */
  failed: (error: Error) => void;
}

const REASON_LENGTH_MAX = 500;

export class Deployment {
  readonly #options: DeploymentOptions;
  readonly #jobId: string;
  #digest = '';
  #keystore: Keystore | undefined;
  #isSent = false;
  #firstUpload: InputUpload | undefined;

  constructor(options: DeploymentOptions) {
    this.#options = options;
    this.#jobId = options.settings.jobId;
  }

  /** Whether the deploy request was sent, so that the scheduler may have the job. */
  get isSent(): boolean {
    return this.#isSent;
  }

  /**
   * The number of slices that were read from the input of a job that closes after it; undefined if more may be added.
   */
  get slicesRead(): number | undefined {
    return this.#options.autoClose ? this.#firstUpload?.readCount : undefined;
  }

  /** Resolves when the scheduler has accepted the job; its input may still be uploading. */
  async run(): Promise<void> {
    const { context, settings, ended, setReadyState, accepted } = this.#options;
    const release = context.client.retain();
    let isUploading = false;
    let leaveGroups = (): void => undefined;
    try {
      setReadyState('init');
      const [welcome, built] = await Promise.all([
        context.client.open(),
        buildPackage(settings, context.ports.readModule),
      ]);
      await Promise.all(built.blobs.map(({ ref, bytes }) => context.blobs.put(ref, bytes, ended)));
      ended.throwIfAborted();
      this.#digest = built.digest;
      setReadyState('preauth');
      ended.throwIfAborted();
      const offer = await this.#firstOffer(welcome);
      const membership = await context.client.joinGroups(built.secretGroups);
      leaveGroups = membership.leave;
      ended.throwIfAborted();
      setReadyState('deploying');
      // A listener may have cancelled the job. After the next line a cancellation is sent to the scheduler.
      ended.throwIfAborted();
      this.#isSent = true;
      const { groups } = membership;
      const body = {
        jobId: this.#jobId,
        package: built.bytes,
        ...(groups.length > 0 && { groups }),
        ...(offer && { offer }),
      };
      const deployed = context.client.request('job.deploy', body);
      isUploading = true;
      this.#upload(deployed);
      const { status } = await deployed;
      setReadyState('deployed');
      accepted(status);
    } finally {
      if (!isUploading) discardInput(this.#options.input);
      leaveGroups();
      release();
    }
  }

  /** Raises the ceiling with another offer for the same package. */
  async topUp(ceiling: bigint, keystore?: Keystore): Promise<JobStatus> {
    const { context, terms } = this.#options;
    const welcome = await context.client.open();
    const payer = keystore ?? this.#keystore ?? (await context.ports.wallet.get());
    const offer = await this.#sign(payer, { ...terms, ceiling }, welcome);
    const { status } = await context.client.request('job.topup', { jobId: this.#jobId, offer });
    return status;
  }

  #upload(deployed: Promise<unknown>): void {
    const { context, input, queue, autoClose, setReadyState, closed, ended } = this.#options;
    const release = context.client.retain();
    if (input.kind !== 'range') setReadyState('uploading');
    const upload = (this.#firstUpload = queue.startFirst(input));
    // The close of a job that has ended does not wait for a lost connection.
    const closing = autoClose ? upload.sent.then(() => queue.close(ended)) : upload.sent;
    const all = Promise.all([upload.done, closing]).then(([{ count }, status]) => {
      if (status === undefined) return;
      this.#checkCount(count, status);
      closed(status);
    });
    all.catch(() => undefined);
    // If the deploy was refused, its error is reported and those of the appends are ignored.
    deployed
      .then(
        () => all.catch((error: unknown) => this.#inputFailed(error as Error)),
        () => all,
      )
      .catch(() => undefined)
      .finally(release)
      .catch(() => undefined);
  }

  /** Checks that the scheduler has exactly the slices that were read: otherwise results would be missing unnoticed. */
  #checkCount(count: number, { total, runStatus }: JobStatus): void {
    if (total === count || runStatus === 'cancelled') return;
    const text = `${count} slices of job ${this.#jobId} were read from its input, but the scheduler has ${total}.`;
    throw new ManyhandsError('INTERNAL', text, { jobId: this.#jobId, read: count, total });
  }

  /** Cancels the job, because it has only a part of its input. */
  #inputFailed(error: Error): void {
    const { context, ended, failed } = this.#options;
    if (ended.aborted) return;
    failed(error);
    if (isError(error, 'JOB_CANCELLED')) return;
    const reason = `The input could not be uploaded completely: ${error.message}`.slice(0, REASON_LENGTH_MAX);
    context.client.request('job.cancel', { jobId: this.#jobId, reason }).catch(() => undefined);
  }

  async #firstOffer(welcome: AuthenticatedWelcome): Promise<WireOffer | undefined> {
    const { context, terms, keystore } = this.#options;
    this.#keystore = keystore;
    if (keystore === undefined && terms.pricePerSlice === 0n) return undefined;
    this.#keystore ??= await context.ports.wallet.get();
    return this.#sign(this.#keystore, terms, welcome);
  }

  async #sign(
    keystore: Keystore,
    terms: ResolvedOffer,
    { schedulerId, owner }: AuthenticatedWelcome,
  ): Promise<WireOffer> {
    const { context } = this.#options;
    await context.client.syncClock();
    return signOffer(keystore, {
      schedulerId,
      owner,
      packageDigest: this.#digest,
      pricePerSlice: terms.pricePerSlice,
      ceiling: terms.ceiling,
      acceptBeforeMs: Math.floor(context.client.schedulerWallMs() + terms.acceptMs),
      nonce: toHex(context.ports.random.bytes(32)),
    });
  }
}
