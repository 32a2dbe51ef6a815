/**
 * Brings one job to the scheduler: package, offer, input. Deploy, appends and close are sent one behind the other
 * without waiting for answers, so that a job costs one round trip however it is fed.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { toHex } from '../../lib/crypto/ids.js';
import type { JobStatus, SignedOffer } from '../../protocol/messages/messages.js';
import type { Keystore } from '../../wallet/keystore.js';
import { signOffer } from '../../wallet/offer.js';
import type { AppendQueue } from './append-queue.js';
import type { DeployerContext } from '../connection/context.js';

import type { Feed } from './feed.js';
import { discardInput, type JobInput } from './input.js';
import type { ProvedWelcome } from '../connection/scheduler-client.js';
import { buildPackage, type PackageSettings } from '../package/package.js';
import type { OfferTerms } from '../package/payment.js';

/** Where a handle is on its way to a deployed job; `new` until `exec` or `deploy` is called. */
export type ReadyState =
  'new' | 'exec' | 'init' | 'preauth' | 'deploying' | 'uploading' | 'deployed' | 'reconnected';

export interface DeploymentOptions {
  context: DeployerContext;
  settings: PackageSettings;
  input: JobInput;
  queue: AppendQueue;
  /** Close the job behind its input. */
  autoClose: boolean;
  terms: OfferTerms;
  /** Signs the offer; by default the wallet's account where the job pays, and nothing is signed where it does not. */
  keystore: Keystore | undefined;
  /** Aborts when the job ends, in any way. */
  ended: AbortSignal;
  setReadyState: (state: ReadyState) => void;
  /** The scheduler has the job. */
  accepted: (status: JobStatus) => void;
  /** The scheduler closed it behind its input. */
  closed: (status: JobStatus) => void;
  /** The input cannot be fed to its end. */
  failed: (error: Error) => void;
}

const REASON_LENGTH_MAX = 500;

export class Deployment {
  readonly #options: DeploymentOptions;
  readonly #jobId: string;
  #digest = '';
  #keystore: Keystore | undefined;
  #sent = false;
  #first: Feed | undefined;

  constructor(options: DeploymentOptions) {
    this.#options = options;
    this.#jobId = options.settings.jobId;
  }

  /** Whether the scheduler may know of the job. */
  get sent(): boolean {
    return this.#sent;
  }

  /** The slices that a complete job must have: those that its input gave. Undefined where more may be added. */
  get slicesRead(): number | undefined {
    return this.#options.autoClose ? this.#first?.read : undefined;
  }

  /** Resolves when the scheduler has accepted the job; its input may still stream behind. */
  async run(): Promise<void> {
    const { context, settings, ended, setReadyState, accepted } = this.#options;
    const release = context.link.hold();
    let isFed = false;
    let leaveGroups = (): void => undefined;
    try {
      setReadyState('init');
      const [welcome, built] = await Promise.all([
        context.link.open(),
        buildPackage(settings, context.ports.readModule),
      ]);
      await Promise.all(built.blobs.map(({ ref, bytes }) => context.blobs.put(ref, bytes, ended)));
      ended.throwIfAborted();
      this.#digest = built.digest;
      setReadyState('preauth');
      ended.throwIfAborted();
      const offer = await this.#firstOffer(welcome);
      const membership = await context.link.joinGroups(built.secretGroups);
      leaveGroups = membership.leave;
      ended.throwIfAborted();
      setReadyState('deploying');
      // A listener may have cancelled the job: from the next line on the scheduler is told of that.
      ended.throwIfAborted();
      this.#sent = true;
      const { groups } = membership;
      const body = {
        jobId: this.#jobId,
        package: built.bytes,
        ...(groups.length > 0 && { groups }),
        ...(offer && { offer }),
      };
      const deployed = context.link.request('job.deploy', body);
      isFed = true;
      this.#feed(deployed);
      const { status } = await deployed;
      setReadyState('deployed');
      accepted(status);
    } finally {
      if (!isFed) discardInput(this.#options.input);
      leaveGroups();
      release();
    }
  }

  /** Raises the ceiling by a further offer for the same package. */
  async topUp(ceiling: bigint, keystore?: Keystore): Promise<JobStatus> {
    const { context, terms } = this.#options;
    const welcome = await context.link.open();
    const payer = keystore ?? this.#keystore ?? (await context.ports.wallet.get());
    const offer = await this.#sign(payer, { ...terms, ceiling }, welcome);
    const { status } = await context.link.request('job.topup', { jobId: this.#jobId, offer });
    return status;
  }

  #feed(deployed: Promise<unknown>): void {
    const { context, input, queue, autoClose, setReadyState, closed, ended } = this.#options;
    const release = context.link.hold();
    if (input.kind !== 'range') setReadyState('uploading');
    const feed = (this.#first = queue.startFirst(input));
    // A job that has ended here needs no answer, for which a lost connection would be kept.
    const closing = autoClose ? feed.sent.then(() => queue.close(ended)) : feed.sent;
    const all = Promise.all([feed.done, closing]).then(([{ count }, status]) => {
      if (status === undefined) return;
      this.#checkCount(count, status);
      closed(status);
    });
    all.catch(() => undefined);
    // A refused deploy is what went wrong then, not that its appends found no job.
    deployed
      .then(
        () => all.catch((error: unknown) => this.#inputFailed(error as Error)),
        () => all,
      )
      .catch(() => undefined)
      .finally(release)
      .catch(() => undefined);
  }

  /** The scheduler must have exactly the slices that were read: else results would be missing, and nobody would know. */
  #checkCount(count: number, { total, runStatus }: JobStatus): void {
    if (total === count || runStatus === 'cancelled') return;
    const text = `${count} slices of job ${this.#jobId} were read from its input, and the scheduler has ${total}.`;
    throw new ManyhandsError('INTERNAL', text, { jobId: this.#jobId, read: count, total });
  }

  /** A job that has only a part of its input must not run on. */
  #inputFailed(error: Error): void {
    const { context, ended, failed } = this.#options;
    if (ended.aborted) return;
    failed(error);
    if (isError(error, 'JOB_CANCELLED')) return;
    const reason = `The input could not be sent to its end: ${error.message}`.slice(0, REASON_LENGTH_MAX);
    context.link.request('job.cancel', { jobId: this.#jobId, reason }).catch(() => undefined);
  }

  async #firstOffer(welcome: ProvedWelcome): Promise<SignedOffer | undefined> {
    const { context, terms, keystore } = this.#options;
    this.#keystore = keystore;
    if (keystore === undefined && terms.pricePerSlice === 0n) return undefined;
    this.#keystore ??= await context.ports.wallet.get();
    return this.#sign(this.#keystore, terms, welcome);
  }

  async #sign(
    keystore: Keystore,
    terms: OfferTerms,
    { schedulerId, owner }: ProvedWelcome,
  ): Promise<SignedOffer> {
    const { context } = this.#options;
    await context.link.syncClock();
    return signOffer(keystore, {
      schedulerId,
      owner,
      packageDigest: this.#digest,
      pricePerSlice: terms.pricePerSlice,
      ceiling: terms.ceiling,
      acceptBeforeMs: Math.floor(context.link.schedulerWallMs() + terms.acceptMs),
      nonce: toHex(context.ports.random.bytes(32)),
    });
  }
}
