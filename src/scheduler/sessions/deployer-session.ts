/**
 * What a deployer or an operator asks over its connection. Everything is checked here, and decided in the store.
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
  SignedOffer,
} from '../../protocol/messages/messages.js';
import { sliceSegment } from '../../protocol/segment/segment.js';
import { recoverOffer } from '../../wallet/offer.js';
import { recoverChallenge } from '../../wallet/session-proof.js';
import { resolveWorktime } from '../../worktimes/registry.js';
import { checkHonoured, checkInput, checkPackageBlobs } from './check-input.js';
import type { ClientConnection } from './client-connection.js';
import type { Answer, NoticeMessage, RequestMessage, Session } from './session.js';
import { unknownWorktime, type Core } from '../services/core.js';
import type { Known } from '../services/bans.js';
import { answerOperator, isOperatorMessage } from './operator-requests.js';
import { FailedProofs } from '../services/proof-queue.js';
import { ProvedGroups } from './proved-groups.js';
import type { JobView } from '../store/port/store.js';

type Request<K extends keyof DeployerRequests> = DeployerRequests[K][0];
type Answered = Promise<Answer>;

export class DeployerSession implements Session {
  readonly #core: Core;
  readonly #connection: ClientConnection;
  readonly #isOperator: boolean;
  /** The address that the client has proved. */
  #owner: string | undefined;
  readonly #failedProofs = new FailedProofs();
  #hasEnded = false;
  readonly #groups: ProvedGroups;

  constructor(core: Core, connection: ClientConnection, isOperator: boolean) {
    this.#core = core;
    core.clients.add(this);
    this.#connection = connection;
    this.#isOperator = isOperator;
    this.#groups = new ProvedGroups(
      { schedulerId: core.options.store.schedulerId, challenge: connection.challenge },
      core.options.defer,
    );
  }

  /** What a ban may hit it by: the operator's own connection, by nothing. */
  get known(): Known {
    return this.#isOperator ? {} : { identity: this.#owner, peer: this.#connection.peer };
  }

  dismiss(error: ManyhandsError): void {
    this.#connection.dismiss(error);
  }

  async request(m: RequestMessage): Answered {
    if (isOperatorMessage(m)) {
      if (!this.#isOperator) throw notAnOperator();
      return now(await answerOperator(this.#core, m));
    }
    switch (m.type) {
      case 'ping':
        return now({ nowMs: this.#core.options.clock.wallMs() });
      case 'session.prove':
        return now(await this.#prove(m));
      case 'group.prove':
        this.#proved();
        await this.#groups.prove(m.proofs);
        return now({});
      case 'blob.ticket':
        this.#proved();
        return now(await issueTicket(this.#core, m.digest, m.bytes));
      case 'job.deploy':
        return this.#deploy(m);
      case 'job.append':
        this.#proved();
        return this.#append(m, await checkInput(this.#core.options.blobs, m.input));
      case 'job.close':
        return this.#status(this.#core.tick.submit('close', named(m, this.#proved())));
      case 'job.cancel':
        return this.#cancel(m);
      case 'job.topup':
        await this.#checkOffer(m.offer);
        return this.#status(this.#core.tick.submit('topup', { ...named(m, this.#proved()), offer: m.offer }));
      case 'account.mint':
        return this.#mint(m);
      case 'job.follow':
        return this.#follow(m);
      default:
        return now(await this.#read(m));
    }
  }

  #cancel({ jobId, reason }: Request<'job.cancel'>): Answer {
    const { tick } = this.#core;
    if (this.#isOperator) return this.#status(tick.submit('operatorCancel', { jobId, reason }));
    return this.#status(tick.submit('cancel', { jobId, owner: this.#proved(), reason }));
  }

  #append(m: Request<'job.append'>, origins: readonly string[]): Answer {
    const { appendId, input } = m;
    return this.#submitted(
      this.#core.tick.submit('append', { ...named(m, this.#proved()), appendId, input, origins }),
    );
  }

  notice(m: NoticeMessage): void {
    if (m.type === 'follow.credit') this.#core.followers.credit(this.#connection, m.jobId, m.bytes);
    else throw notForYou(m.type);
  }

  drained(): void {
    this.#core.followers.drained(this.#connection);
  }

  end(): void {
    this.#hasEnded = true;
    this.#core.clients.delete(this);
    this.#core.followers.remove(this.#connection);
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
        this.#core.followers.remove(this.#connection, m.jobId);
        return {};
      case 'account.show':
        this.#proved();
        return { address: m.address, ...(await this.#core.options.store.account(m.address)) };
      default:
        throw notForYou(m.type);
    }
  }

  async #terms(jobId: string): Promise<object> {
    await this.#ownJob(jobId);
    const {
      digest: packageDigest,
      candidate,
      ceiling,
      account,
    } = (await this.#core.options.store.job(jobId))!;
    return {
      packageDigest,
      pricePerSlice: candidate.price,
      ceiling,
      ...(account !== undefined && { account }),
    };
  }

  async #list({ after, limit }: Request<'job.list'>): Promise<object> {
    const owner = this.#isOperator ? undefined : this.#proved();
    if (after !== undefined) await this.#refuseUnknown(after, owner);
    // One more than is wanted tells whether there are more.
    const found = await this.#core.options.store.jobs(owner, after, limit + 1);
    const jobs = found.slice(0, limit).map(({ package: bytes, ...job }): JobListing => ({
      ...job,
      name: bytes === undefined ? '' : nameIn(bytes),
    }));
    return { jobs, more: found.length > limit };
  }

  /** Another's job is as unknown as none: its place in time is nobody else's business. */
  async #refuseUnknown(jobId: string, owner: string | undefined): Promise<void> {
    const job = await this.#core.options.store.status(jobId);
    if (job === undefined || (owner !== undefined && job.owner !== owner)) throw unknownJob(jobId);
  }

  async #follow({ jobId, after, epoch, windowBytes }: Request<'job.follow'>): Answered {
    const { status, owner } = await this.#ownJob(jobId);
    if (after > 0) await this.#checkCursor(jobId, after, epoch);
    return {
      ...now({ status, owner }),
      // The first rows come behind the reply, and only while somebody is there.
      sent: () => {
        if (!this.#hasEnded) this.#core.followers.add(this.#connection, jobId, after, windowBytes);
      },
    };
  }

  /** A client that has read further than this store, or another row of that number, was served from a later copy of it. */
  async #checkCursor(jobId: string, after: number, epoch: number | undefined): Promise<void> {
    const found = await this.#core.options.store.rowEpoch(jobId, after);
    if (found !== undefined && (epoch === undefined || epoch === found)) return;
    throw new ManyhandsError(
      'CURSOR_UNKNOWN',
      `the journal of job ${jobId} has no row ${after} that you have read: this scheduler's data was restored from an older copy; follow from the start`,
      { jobId, after },
    );
  }

  async #prove({ address, signature }: Request<'session.prove'>): Promise<object> {
    const { schedulerId } = this.#core.options.store;
    const { challenge } = this.#connection;
    const check = (): Promise<string> => recoverChallenge({ schedulerId, challenge, signature });
    const signer = await this.#failedProofs.count(() => this.#core.proofs.check(check));
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
    const banned = this.#core.bans.refusal({ identity: address });
    if (banned !== undefined) throw banned;
    this.#owner = address;
    return { address };
  }

  async #deploy(m: Request<'job.deploy'>): Answered {
    const owner = this.#proved();
    if (this.#core.isDraining) {
      throw new ManyhandsError('DRAINING', 'this scheduler takes no new jobs: it is about to end');
    }
    const payer = this.#core.bans.refusal({ identity: m.offer?.account });
    if (payer !== undefined) throw payer;
    const { blobs, worktimes, minimumPrice } = this.#core.options;
    const pkg = decodeJobPackage(m.package);
    checkHonoured(pkg);
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
    return this.#status(
      this.#core.tick.submit('deploy', {
        jobId: m.jobId,
        owner,
        package: m.package,
        digest,
        worktime: { name, range },
        groups: this.#groupsOf(pkg, m.groups ?? []),
        origins: pkg.origins ?? [],
        minimumPrice,
        ...(m.offer === undefined ? {} : { offer: m.offer }),
      }),
    );
  }

  /** The package's groups, each with the address that its secret makes where it has one. */
  #groupsOf(pkg: JobPackage, named: readonly GroupKey[]): GroupKey[] {
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

  /** An offer pays for jobs of the owner that it names: another who has got hold of it has nothing of it. */
  async #checkOffer(offer: SignedOffer): Promise<void> {
    const owner = this.#proved();
    if (offer.owner !== owner) {
      throw new ManyhandsError(
        'OFFER_MISMATCH',
        `the offer is for jobs of ${offer.owner}, and this connection is ${owner}'s: sign one for the identity that deploys`,
        { owner },
      );
    }
    await recoverOffer(offer, this.#core.options.store.schedulerId);
  }

  #mint(m: Request<'account.mint'>): Answer {
    if (!this.#isOperator) {
      throw notAnOperator();
    }
    const { address: account, amount, mintId } = m;
    const minted = this.#core.tick.submit('mint', { account, amount, mintId });
    return this.#submitted(
      minted.then((reply) => {
        this.#core.options.log('warn', 'minted', { account, amount, mintId });
        return reply;
      }),
    );
  }

  async #results({ jobId, from, to }: Request<'job.results'>): Promise<object> {
    await this.#ownJob(jobId);
    const { parts, next } = await this.#core.options.store.results(jobId, from, to, RESULTS_BYTES_MAX);
    const cut = parts.map((part) => cutPart(part, from, to));
    return next === undefined || next > to ? { parts: cut } : { parts: cut, next };
  }

  async #ownJob(jobId: string): Promise<Pick<JobView, 'status' | 'owner'>> {
    const owner = this.#isOperator ? undefined : this.#proved();
    const job = await this.#core.options.store.status(jobId);
    if (job === undefined) throw unknownJob(jobId);
    if (owner !== undefined && job.owner !== owner) {
      throw new ManyhandsError(
        'NOT_OWNER',
        `job ${jobId} belongs to another identity than ${owner}: use the one that deployed it`,
        { jobId },
      );
    }
    return job;
  }

  #proved(): string {
    if (this.#owner === undefined && !this.#isOperator) {
      throw new ManyhandsError('UNAUTHENTICATED', 'prove who you are first: session.prove');
    }
    return this.#owner ?? 'operator';
  }

  #status(done: Promise<object>): Answer {
    return { done: done.then((status) => ({ status })) };
  }

  #submitted(done: Promise<object>): Answer {
    return { done };
  }
}

const now = (body: object): Answer => ({ done: Promise.resolve(body) });
const named = (m: { jobId: string }, owner: string): { jobId: string; owner: string } => ({
  jobId: m.jobId,
  owner,
});

function notAnOperator(): ManyhandsError {
  return new ManyhandsError('FORBIDDEN', 'only an operator may, with the token of the data folder');
}

function notForYou(type: string): ManyhandsError {
  return new ManyhandsError('FORBIDDEN', `${type} is not a deployer's message`, { type });
}

function unknownJob(jobId: string): ManyhandsError {
  return new ManyhandsError('JOB_UNKNOWN', `no job ${jobId} is known here: check the id and the scheduler`, {
    jobId,
  });
}

/** Only what was asked for of a stored segment. */
function cutPart(part: SegmentPart, from: number, to: number): SegmentPart {
  const first = Math.max(part.first, from);
  const last = Math.min(part.first + part.count - 1, to);
  const count = last - first + 1;
  if (count === part.count) return part;
  return { first, count, segment: sliceSegment(part.segment, first - part.first, count) };
}

/** Leave to put a blob, or the word that it is here. */
export async function issueTicket(core: Core, digest: string, bytes: number): Promise<object> {
  if ((await core.options.blobs.size(digest)) !== undefined) return { known: true };
  return { known: false, ticket: core.tickets.issue(digest, bytes) };
}

/** The public name that a package gives its job. */
function nameIn(bytes: Uint8Array): string {
  try {
    return decodeJobPackage(bytes).public.name.slice(0, NAME_LENGTH_MAX);
  } catch {
    return '';
  }
}
