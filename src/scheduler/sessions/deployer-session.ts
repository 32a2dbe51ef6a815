/**
 * The session of a deployer or an operator: checks its requests, and submits them as commands to the store.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { JobPackage } from '../../protocol/job/job-package.js';
import { decodeJobPackage, packageDigest } from '../../protocol/job/job-package-codec.js';
import { NAME_LENGTH_MAX, RESULTS_BYTES_MAX } from '../../protocol/limits.js';
import type {
  DeployerRequests,
  GroupKey,
  JobListing,
  SegmentPart,
  WireOffer,
} from '../../protocol/messages/messages.js';
import { sliceSegment } from '../../protocol/segment/segment.js';
import { recoverOffer } from '../../wallet/offer.js';
import { recoverChallenge } from '../../wallet/session-proof.js';
import { resolveWorktime } from '../../worktimes/registry.js';
import { checkSupported, checkInput, checkPackageBlobs } from './check-input.js';
import type { ClientConnection } from './client-connection.js';
import type { PendingReply, NoticeMessage, RequestMessage, Session } from './session.js';
import { unknownWorktime, type SchedulerNode } from '../services/scheduler-node.js';
import type { ClientIdentity } from '../services/bans.js';
import { answerOperator, isOperatorMessage } from './operator-requests.js';
import { issueTicket } from './blob-ticket.js';
import { notAnOperator, notDeployerMessage } from './session-errors.js';
import { FailedProofs } from '../services/proof-queue.js';
import { ProvedGroups } from './proved-groups.js';
import { notOwner, unknownJob } from '../store/port/job-errors.js';
import type { JobView } from '../store/port/store.js';

type Request<K extends keyof DeployerRequests> = DeployerRequests[K][0];

export class DeployerSession implements Session {
  readonly #node: SchedulerNode;
  readonly #connection: ClientConnection;
  readonly #isOperator: boolean;
  /** The address that the client has proved; undefined before. */
  #owner: string | undefined;
  readonly #failedProofs = new FailedProofs();
  #hasEnded = false;
  readonly #groups: ProvedGroups;

  constructor(node: SchedulerNode, connection: ClientConnection, isOperator: boolean) {
    this.#node = node;
    node.clients.add(this);
    this.#connection = connection;
    this.#isOperator = isOperator;
    this.#groups = new ProvedGroups(
      { schedulerId: node.options.store.schedulerId, challenge: connection.challenge },
      node.options.defer,
    );
  }

  /** The identifiers that a ban can name; none for the operator's own connection. */
  get identity(): ClientIdentity {
    return this.#isOperator ? {} : { address: this.#owner, peer: this.#connection.peer };
  }

  dismiss(error: ManyhandsError): void {
    this.#connection.dismiss(error);
  }

  async request(m: RequestMessage): Promise<PendingReply> {
    if (isOperatorMessage(m)) {
      if (!this.#isOperator) throw notAnOperator();
      return reply(await answerOperator(this.#node, m));
    }
    switch (m.type) {
      case 'ping':
        return reply({ nowMs: this.#node.options.clock.wallMs() });
      case 'session.prove':
        return reply(await this.#prove(m));
      case 'group.prove':
        this.#requireOwner();
        await this.#groups.prove(m.proofs);
        return reply({});
      case 'blob.ticket':
        this.#requireOwner();
        return reply(await issueTicket(this.#node, m.digest, m.bytes));
      case 'job.deploy':
        return this.#deploy(m);
      case 'job.append':
        this.#requireOwner();
        return this.#append(m, await checkInput(this.#node.options.blobs, m.input));
      case 'job.close':
        return this.#replyWithStatus(
          this.#node.commitQueue.submit('close', { jobId: m.jobId, owner: this.#requireOwner() }),
        );
      case 'job.cancel':
        return this.#cancel(m);
      case 'job.topup':
        await this.#checkOffer(m.offer);
        return this.#replyWithStatus(
          this.#node.commitQueue.submit('topup', {
            jobId: m.jobId,
            owner: this.#requireOwner(),
            offer: m.offer,
          }),
        );
      case 'account.mint':
        return this.#mint(m);
      case 'job.follow':
        return this.#follow(m);
      default:
        return reply(await this.#read(m));
    }
  }

  #cancel({ jobId, reason }: Request<'job.cancel'>): PendingReply {
    const { commitQueue } = this.#node;
    if (this.#isOperator)
      return this.#replyWithStatus(commitQueue.submit('operatorCancel', { jobId, reason }));
    return this.#replyWithStatus(
      commitQueue.submit('cancel', { jobId, owner: this.#requireOwner(), reason }),
    );
  }

  #append(m: Request<'job.append'>, origins: readonly string[]): PendingReply {
    const { appendId, input } = m;
    return this.#replyWith(
      this.#node.commitQueue.submit('append', {
        jobId: m.jobId,
        owner: this.#requireOwner(),
        appendId,
        input,
        origins,
      }),
    );
  }

  notice(m: NoticeMessage): void {
    if (m.type === 'follow.credit') this.#node.followers.credit(this.#connection, m.jobId, m.bytes);
    else throw notDeployerMessage(m.type);
  }

  drained(): void {
    this.#node.followers.drained(this.#connection);
  }

  end(): void {
    this.#hasEnded = true;
    this.#node.clients.delete(this);
    this.#node.followers.remove(this.#connection);
  }

  async #read(m: RequestMessage): Promise<object> {
    switch (m.type) {
      case 'job.status':
        return { status: (await this.#ownJob(m.jobId)).status };
      case 'job.list':
        return this.#list(m);
      case 'job.terms':
        return this.#terms(m.jobId);
      case 'job.results':
        return this.#results(m);
      case 'job.unfollow':
        this.#node.followers.remove(this.#connection, m.jobId);
        return {};
      case 'account.show':
        this.#requireOwner();
        return { address: m.address, ...(await this.#node.options.store.account(m.address)) };
      default:
        throw notDeployerMessage(m.type);
    }
  }

  async #terms(jobId: string): Promise<object> {
    await this.#ownJob(jobId);
    const {
      digest: packageDigest,
      candidate,
      ceiling,
      account,
    } = (await this.#node.options.store.job(jobId))!;
    return {
      packageDigest,
      pricePerSlice: candidate.price,
      ceiling,
      ...(account !== undefined && { account }),
    };
  }

  async #list({ after, limit }: Request<'job.list'>): Promise<object> {
    const owner = this.#isOperator ? undefined : this.#requireOwner();
    if (after !== undefined) await this.#requireKnown(after, owner);
    // One more than the limit shows whether there are more.
    const found = await this.#node.options.store.jobs(owner, after, limit + 1);
    const jobs = found.slice(0, limit).map(({ package: bytes, ...job }): JobListing => ({
      ...job,
      name: bytes === undefined ? '' : nameIn(bytes),
    }));
    return { jobs, more: found.length > limit };
  }

  /** @throws JOB_UNKNOWN for a job that does not exist, and alike for another owner's, whose age is not disclosed */
  async #requireKnown(jobId: string, owner: string | undefined): Promise<void> {
    const job = await this.#node.options.store.status(jobId);
    if (job === undefined || (owner !== undefined && job.owner !== owner)) throw unknownJob(jobId);
  }

  async #follow({ jobId, after, epoch, windowBytes }: Request<'job.follow'>): Promise<PendingReply> {
    const { status, owner } = await this.#ownJob(jobId);
    if (after > 0) await this.#checkCursor(jobId, after, epoch);
    return {
      ...reply({ status, owner }),
      // Rows follow the reply, unless the connection has ended meanwhile.
      onSent: () => {
        if (!this.#hasEnded) this.#node.followers.add(this.#connection, jobId, after, windowBytes);
      },
    };
  }

  /** @throws CURSOR_UNKNOWN when the client's last row is not in this store, which was restored from an older copy */
  async #checkCursor(jobId: string, after: number, epoch: number | undefined): Promise<void> {
    const found = await this.#node.options.store.rowEpoch(jobId, after);
    if (found !== undefined && (epoch === undefined || epoch === found)) return;
    throw new ManyhandsError(
      'CURSOR_UNKNOWN',
      `the journal of job ${jobId} does not have the row ${after} that was read before: this scheduler's data was restored from an older copy; follow from the start`,
      { jobId, after },
    );
  }

  async #prove({ address, signature }: Request<'session.prove'>): Promise<object> {
    const { schedulerId } = this.#node.options.store;
    const { challenge } = this.#connection;
    const check = (): Promise<string> => recoverChallenge({ schedulerId, challenge, signature });
    const signer = await this.#failedProofs.count(() => this.#node.proofs.check(check));
    if (signer !== address) {
      this.#failedProofs.failed();
      throw new ManyhandsError(
        'UNAUTHENTICATED',
        `the signature is not of ${address}: sign this connection's challenge`,
        {
          address,
        },
      );
    }
    const banned = this.#node.bans.refusal({ address });
    if (banned !== undefined) throw banned;
    this.#owner = address;
    return { address };
  }

  async #deploy(m: Request<'job.deploy'>): Promise<PendingReply> {
    const owner = this.#requireOwner();
    if (this.#node.isDraining) {
      throw new ManyhandsError(
        'DRAINING',
        'this scheduler is draining and accepts no new jobs: deploy later or elsewhere',
      );
    }
    const payer = this.#node.bans.refusal({ address: m.offer?.account });
    if (payer !== undefined) throw payer;
    const { blobs, worktimes, minimumPrice } = this.#node.options;
    const pkg = decodeJobPackage(m.package);
    checkSupported(pkg);
    const digest = packageDigest(m.package);
    const { name, range } = pkg.worktime;
    if (resolveWorktime(worktimes, name, range) === undefined) throw unknownWorktime(name, range, worktimes);
    await checkPackageBlobs(blobs, pkg);
    if (m.offer !== undefined) {
      await this.#checkOffer(m.offer);
      if (m.offer.packageDigest !== digest) {
        throw new ManyhandsError('OFFER_MISMATCH', 'the offer was signed for another job package', {
          digest,
        });
      }
    }
    return this.#replyWithStatus(
      this.#node.commitQueue.submit('deploy', {
        jobId: m.jobId,
        owner,
        package: m.package,
        digest,
        worktime: { name, range },
        groups: this.#resolveGroups(pkg, m.groups ?? []),
        origins: pkg.origins ?? [],
        minimumPrice,
        ...(m.offer === undefined ? {} : { offer: m.offer }),
      }),
    );
  }

  /** The package's groups; those with a secret carry its address, whose proof is required. */
  #resolveGroups(pkg: JobPackage, named: readonly GroupKey[]): GroupKey[] {
    for (const group of named) {
      if (!pkg.groups.some(({ key }) => key === group.key)) {
        throw new ManyhandsError(
          'MESSAGE_MALFORMED',
          `the job package does not name the group '${group.key}'`,
          { path: 'groups' },
        );
      }
      if (!this.#groups.has(group)) {
        throw new ManyhandsError(
          'UNAUTHENTICATED',
          `prove the secret of the compute group '${group.key}' over this connection first: group.prove`,
          { group: group.key },
        );
      }
    }
    return pkg.groups.map((group) => named.find(({ key }) => key === group.key) ?? group);
  }

  /** Checks the offer's signature and that it names this connection's owner, so that nobody else can use it. */
  async #checkOffer(offer: WireOffer): Promise<void> {
    const owner = this.#requireOwner();
    if (offer.owner !== owner) {
      throw new ManyhandsError(
        'OFFER_MISMATCH',
        `the offer is for jobs of ${offer.owner}, and this connection is ${owner}'s: sign one for the identity that deploys`,
        { owner },
      );
    }
    await recoverOffer(offer, this.#node.options.store.schedulerId);
  }

  #mint(m: Request<'account.mint'>): PendingReply {
    if (!this.#isOperator) {
      throw notAnOperator();
    }
    const { address: account, amount, mintId } = m;
    const minted = this.#node.commitQueue.submit('mint', { account, amount, mintId });
    return this.#replyWith(
      minted.then((reply) => {
        this.#node.options.log('warn', 'minted', { account, amount, mintId });
        return reply;
      }),
    );
  }

  async #results({ jobId, from, to }: Request<'job.results'>): Promise<object> {
    await this.#ownJob(jobId);
    const { parts, next } = await this.#node.options.store.results(jobId, from, to, RESULTS_BYTES_MAX);
    const sliced = parts.map((part) => slicePart(part, from, to));
    return next === undefined || next > to ? { parts: sliced } : { parts: sliced, next };
  }

  async #ownJob(jobId: string): Promise<Pick<JobView, 'status' | 'owner'>> {
    const owner = this.#isOperator ? undefined : this.#requireOwner();
    const job = await this.#node.options.store.status(jobId);
    if (job === undefined) throw unknownJob(jobId);
    if (owner !== undefined && job.owner !== owner) throw notOwner(jobId, owner);
    return job;
  }

  #requireOwner(): string {
    if (this.#owner === undefined && !this.#isOperator) {
      throw new ManyhandsError('UNAUTHENTICATED', 'prove your address first: session.prove');
    }
    return this.#owner ?? 'operator';
  }

  #replyWithStatus(done: Promise<object>): PendingReply {
    return { done: done.then((status) => ({ status })) };
  }

  #replyWith(done: Promise<object>): PendingReply {
    return { done };
  }
}

const reply = (body: object): PendingReply => ({ done: Promise.resolve(body) });

/** The part of a stored segment that lies between slices `from` and `to`. */
function slicePart(part: SegmentPart, from: number, to: number): SegmentPart {
  const first = Math.max(part.first, from);
  const last = Math.min(part.first + part.count - 1, to);
  const count = last - first + 1;
  if (count === part.count) return part;
  return { first, count, segment: sliceSegment(part.segment, first - part.first, count) };
}

/** The public name in a job package; empty when it cannot be decoded. */
function nameIn(bytes: Uint8Array): string {
  try {
    return decodeJobPackage(bytes).public.name.slice(0, NAME_LENGTH_MAX);
  } catch {
    return '';
  }
}
