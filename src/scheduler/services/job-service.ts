/**
 * The use cases of a job's owner that change it: deploy, append, close, cancel, top up.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { JobPackage } from '../../protocol/job/job-package.js';
import { decodeJobPackage, packageDigest } from '../../protocol/job/job-package-codec.js';
import type { DeployerRequests, GroupKey, JobStatus, WireOffer } from '../../protocol/messages/messages.js';
import { recoverOffer } from '../../wallet/offer.js';
import { resolveWorktime } from '../../worktimes/resolve-worktime.js';
import type { CommandResult, DeployCommand, SliceRequestResult } from '../store/port/store.js';
import type { Caller } from './caller.js';
import { checkInput, checkPackageBlobs, checkSupported } from './check-input.js';
import type { ProvedGroups } from '../clients/proved-groups.js';
import type { ServiceContext, Submitted } from './service-context.js';
import { unknownWorktime } from './unknown-worktime.js';

type Input<K extends keyof DeployerRequests> = DeployerRequests[K][0];

export class JobService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /**
   * Deploys a job of the caller. Repeating it changes nothing.
   * @param groups the compute groups whose secrets the caller has proved
   * @throws DRAINING, BANNED, PACKAGE_MALFORMED, WORKTIME_UNKNOWN, BLOB_UNKNOWN, OFFER_MISMATCH, UNAUTHENTICATED, and what the
   *   command `deploy` throws
   */
  async deploy(caller: Caller, groups: ProvedGroups, m: Input<'job.deploy'>): Promise<Submitted<JobStatus>> {
    const { options, bans, draining, commitQueue } = this.#context;
    if (draining.isOn) {
      throw new ManyhandsError(
        'DRAINING',
        'this scheduler is draining and accepts no new jobs: deploy later or elsewhere',
      );
    }
    const payer = bans.refusal({ address: m.offer?.account });
    if (payer !== undefined) throw payer;
    const { blobs, worktimes, minimumPrice } = options;
    const pkg = decodeJobPackage(m.package);
    checkSupported(pkg);
    const digest = packageDigest(m.package);
    const { name, range } = pkg.worktime;
    if (resolveWorktime(worktimes, name, range) === undefined) throw unknownWorktime(name, range, worktimes);
    await checkPackageBlobs(blobs, pkg);
    if (m.offer !== undefined) await this.#checkOffer(caller, m.offer, digest);
    const done = commitQueue.submit('deploy', {
      jobId: m.jobId,
      owner: caller.owner,
      package: m.package,
      digest,
      worktime: { name, range },
      groups: resolveGroups(pkg, groups, m.groups ?? []),
      origins: pkg.origins ?? [],
      minimumPrice,
      ...pickPolicies(pkg.limits),
      ...(m.tags === undefined ? {} : { tags: m.tags }),
      ...(m.metadata === undefined ? {} : { metadata: m.metadata }),
      ...(m.offer === undefined ? {} : { offer: m.offer }),
    });
    return { done };
  }

  /** Appends input to a job of the caller. @throws SEGMENT_MALFORMED, BLOB_UNKNOWN, and what the command `append` throws */
  async append(
    caller: Caller,
    { jobId, appendId, input }: Input<'job.append'>,
  ): Promise<Submitted<CommandResult<'append'>>> {
    const { options, commitQueue } = this.#context;
    const origins = await checkInput(options.blobs, input);
    return { done: commitQueue.submit('append', { jobId, owner: caller.owner, appendId, input, origins }) };
  }

  /** Closes the input of a job of the caller. @throws what the command `close` throws */
  close({ owner }: Caller, jobId: string): Promise<JobStatus> {
    return this.#context.commitQueue.submit('close', { jobId, owner });
  }

  /** Cancels a job of the caller; for an operator, any job. @throws what the command `cancel` throws */
  cancel({ owner, isOperator }: Caller, { jobId, reason }: Input<'job.cancel'>): Promise<JobStatus> {
    const { commitQueue } = this.#context;
    return isOperator
      ? commitQueue.submit('operatorCancel', { jobId, reason })
      : commitQueue.submit('cancel', { jobId, owner, reason });
  }

  /** Cancels slices of a job of the caller. @throws what the command `cancelSlices` throws */
  cancelSlices(
    { owner }: Caller,
    { jobId, requestId, from, to, reason }: Input<'slices.cancel'>,
  ): Promise<SliceRequestResult> {
    return this.#context.commitQueue.submit('cancelSlices', { jobId, owner, requestId, from, to, reason });
  }

  /** Runs failed slices of a job of the caller again. @throws what the command `retrySlices` throws */
  retrySlices(
    { owner }: Caller,
    { jobId, requestId, from, to }: Input<'slices.retry'>,
  ): Promise<SliceRequestResult> {
    return this.#context.commitQueue.submit('retrySlices', { jobId, owner, requestId, from, to });
  }

  /** Raises the ceiling of a job of the caller by a further offer. @throws OFFER_MISMATCH, and what the command `topup` throws */
  async topup(caller: Caller, { jobId, offer }: Input<'job.topup'>): Promise<Submitted<JobStatus>> {
    await this.#checkOffer(caller, offer);
    return { done: this.#context.commitQueue.submit('topup', { jobId, owner: caller.owner, offer }) };
  }

  /** Checks the offer's signature, and that it names the caller, so that nobody else can use it. */
  async #checkOffer({ owner }: Caller, offer: WireOffer, digest?: string): Promise<void> {
    if (offer.owner !== owner) {
      throw new ManyhandsError(
        'OFFER_MISMATCH',
        `the offer is for jobs of ${offer.owner}, and this connection is ${owner}'s: sign one for the identity that deploys`,
        { owner },
      );
    }
    const { options, proofs } = this.#context;
    await proofs.check(() => recoverOffer(offer, options.store.schedulerId));
    if (digest !== undefined && offer.packageDigest !== digest) {
      throw new ManyhandsError('OFFER_MISMATCH', 'the offer was signed for another job package', { digest });
    }
  }
}

/** What a job's limits set about failed slices. */
function pickPolicies({
  attempts,
  failFast,
}: JobPackage['limits']): Pick<DeployCommand, 'attempts' | 'failFast'> {
  return { ...(attempts !== undefined && { attempts }), ...(failFast !== undefined && { failFast }) };
}

/** The package's groups; those with a secret carry its address, whose proof is required. */
function resolveGroups(pkg: JobPackage, proved: ProvedGroups, named: readonly GroupKey[]): GroupKey[] {
  for (const group of named) {
    if (!pkg.groups.some(({ key }) => key === group.key)) {
      throw new ManyhandsError(
        'MESSAGE_MALFORMED',
        `the job package does not name the group '${group.key}'`,
        { path: 'groups' },
      );
    }
    if (!proved.has(group)) {
      throw new ManyhandsError(
        'UNAUTHENTICATED',
        `prove the secret of the compute group '${group.key}' over this connection first: group.prove`,
        { group: group.key },
      );
    }
  }
  return pkg.groups.map((group) => named.find(({ key }) => key === group.key) ?? group);
}
