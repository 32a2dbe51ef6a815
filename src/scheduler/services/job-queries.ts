/**
 * The use cases of a job's owner that only read: status, list, terms, results, and where to follow its journal from.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { decodeJobPackage } from '../../protocol/job/job-package-codec.js';
import { NAME_LENGTH_MAX, RESULTS_BYTES_MAX } from '../../protocol/limits.js';
import type { DeployerRequests, JobListing, SegmentPart } from '../../protocol/messages/messages.js';
import { partOfOutcomes } from '../store/rows/outcomes.js';
import { notOwner, unknownJob } from '../store/port/job-errors.js';
import type { JobView, Store } from '../store/port/store.js';
import type { Caller } from './caller.js';

type Input<K extends keyof DeployerRequests> = DeployerRequests[K][0];
type Output<K extends keyof DeployerRequests> = DeployerRequests[K][1];

export class JobQueries {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Status and owner of a job of the caller; for an operator, of any job. @throws JOB_UNKNOWN, NOT_OWNER */
  async status(caller: Caller, jobId: string): Promise<Pick<JobView, 'status' | 'owner'>> {
    const job = await this.#store.status(jobId);
    if (job === undefined) throw unknownJob(jobId);
    if (!caller.isOperator && job.owner !== caller.owner) throw notOwner(jobId, caller.owner);
    return job;
  }

  /**
   * One page of the caller's jobs, for an operator of all jobs, newest first.
   * @throws JOB_UNKNOWN when the job `after` does not exist, or is another owner's, whose age is not disclosed
   */
  async list(caller: Caller, { after, tag, limit }: Input<'job.list'>): Promise<Output<'job.list'>> {
    const owner = caller.isOperator ? undefined : caller.owner;
    if (after !== undefined) await this.#requireKnown(after, owner);
    // One more than the limit shows whether there are more.
    const found = await this.#store.jobs({ owner, tag, after, limit: limit + 1 });
    const jobs = found.slice(0, limit).map(({ package: bytes, tags, ...job }): JobListing => ({
      ...job,
      ...(tags.length === 0 ? {} : { tags }),
      name: bytes === undefined ? '' : nameIn(bytes),
    }));
    return { jobs, more: found.length > limit };
  }

  async #requireKnown(jobId: string, owner: string | undefined): Promise<void> {
    const job = await this.#store.status(jobId);
    if (job === undefined || (owner !== undefined && job.owner !== owner)) throw unknownJob(jobId);
  }

  /** What a job of the caller pays, and from which account. @throws JOB_UNKNOWN, NOT_OWNER */
  async terms(caller: Caller, jobId: string): Promise<Output<'job.terms'>> {
    await this.status(caller, jobId);
    const { digest: packageDigest, candidate, ceiling, account } = (await this.#store.job(jobId))!;
    return {
      packageDigest,
      pricePerSlice: candidate.price,
      ceiling,
      ...(account !== undefined && { account }),
    };
  }

  /** Outcomes of slices `from` to `to` of a job of the caller, as many as fit in one reply. @throws JOB_UNKNOWN, NOT_OWNER */
  async results(caller: Caller, { jobId, from, to }: Input<'job.results'>): Promise<Output<'job.results'>> {
    await this.status(caller, jobId);
    const { parts, next } = await this.#store.results(jobId, from, to, RESULTS_BYTES_MAX);
    const sliced = parts.map((part) => slicePart(part, from, to));
    return next === undefined || next > to ? { parts: sliced } : { parts: sliced, next };
  }

  /**
   * Checks that the caller may follow the job's journal from that row on.
   * @throws JOB_UNKNOWN, NOT_OWNER, CURSOR_UNKNOWN
   */
  async follow(
    caller: Caller,
    { jobId, after, epoch }: Pick<Input<'job.follow'>, 'jobId' | 'after' | 'epoch'>,
  ): Promise<Output<'job.follow'>> {
    const { status, owner } = await this.status(caller, jobId);
    if (after > 0) await this.#checkCursor(jobId, after, epoch);
    return { status, owner };
  }

  /** @throws CURSOR_UNKNOWN when the client's last row is not in this store, which was restored from an older copy */
  async #checkCursor(jobId: string, after: number, epoch: number | undefined): Promise<void> {
    const found = await this.#store.rowEpoch(jobId, after);
    if (found !== undefined && (epoch === undefined || epoch === found)) return;
    throw new ManyhandsError(
      'CURSOR_UNKNOWN',
      `the journal of job ${jobId} does not have the row ${after} that was read before: this scheduler's data was restored from an older copy; follow from the start`,
      { jobId, after },
    );
  }
}

/** The part of a stored segment that lies between slices `from` and `to`. */
function slicePart(part: SegmentPart, from: number, to: number): SegmentPart {
  const first = Math.max(part.first, from);
  const last = Math.min(part.first + part.count - 1, to);
  const count = last - first + 1;
  return count === part.count ? part : { first, count, segment: partOfOutcomes(part, first, count) };
}

/** The public name in a job package; empty when it cannot be decoded. */
function nameIn(bytes: Uint8Array): string {
  try {
    return decodeJobPackage(bytes).public.name.slice(0, NAME_LENGTH_MAX);
  } catch {
    return '';
  }
}
