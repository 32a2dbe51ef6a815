/**
 * The jobs that this worker has leases of: their packages, fetched once, checked against the digest that the lease
 * names, and everything else that a sandbox must be given before it can run them.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { decodeJobPackage, packageDigest } from '../../protocol/job/job-package-codec.js';
import type { InlineOrBlob, JobPackage } from '../../protocol/job/job-package.js';
import type { Address, Digest, JobId, WorktimeName } from '../../protocol/messages/messages.js';
import type { Assignment, WorktimeFiles } from '../../protocol/messages/sandbox-messages.js';
import { resolveWorktime } from '../../worktimes/registry.js';
import type { Blobs } from './blob-client.js';
import { ByteCache } from './byte-cache.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { SchedulerLink } from '../../client/scheduler-link.js';

/** Packages that are kept, bytes. */
const PACKAGES_BYTES_MAX = 32 * 1024 * 1024;

/** A job as the scheduler described it, its package checked. */
export interface Job {
  readonly jobId: JobId;
  readonly owner: Address;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly package: JobPackage;
  readonly byteLength: number;
}

/** Files that a worktime needs in a sandbox that cannot find them itself, by name. */
export type LoadWorktimeFiles = (worktime: WorktimeName) => Promise<WorktimeFiles>;

export interface JobsPorts {
  link: SchedulerLink;
  blobs: Blobs;
  /** What this worker runs. */
  worktimes: readonly WorktimeName[];
  worktimeFiles: LoadWorktimeFiles;
  jobBytes?: JobBytes;
  /** Whose jobs may run here; anybody's when absent. */
  owners: readonly Address[] | undefined;
  /** The last word of the machine's owner, now that the job's owner is known. @default always */
  mayRun?: (jobId: JobId, owner: Address) => boolean;
  /** Whether its input may come from there. @default from nowhere else */
  mayFetch?: (origin: string) => boolean;
}

export class Jobs {
  readonly #ports: JobsPorts;
  readonly #cache = new ByteCache<Job>(PACKAGES_BYTES_MAX);
  readonly #coming = new Map<JobId, Promise<Job>>();

  constructor(ports: JobsPorts) {
    this.#ports = ports;
  }

  /**
   * The job behind a lease.
   * @throws FORBIDDEN where its owner's jobs do not run here or its input may not be fetched, and as `look`
   */
  async get(jobId: JobId, digest: Digest): Promise<Job> {
    const job = await this.look(jobId, digest);
    this.#checkOwner(job);
    this.#checkOrigins(job);
    return job;
  }

  /**
   * The job behind a lease, whether it may run here or not.
   * @throws PACKAGE_MALFORMED, BLOB_MISMATCH where the package is not the one that the lease names, and what the
   *   scheduler refuses with
   */
  async look(jobId: JobId, digest: Digest): Promise<Job> {
    const job = this.#cache.get(jobId) ?? (await this.#fetch(jobId));
    if (job.digest !== digest) {
      this.#cache.delete(jobId);
      const text = `The package of job ${jobId} has the digest ${job.digest}; its lease names ${digest}.`;
      throw new ManyhandsError('BLOB_MISMATCH', text, { jobId });
    }
    return job;
  }

  /** A job whose package is here. */
  known(jobId: JobId): Job | undefined {
    return this.#cache.get(jobId);
  }

  /** What runs the job here. @throws WORKTIME_UNKNOWN */
  worktimeOf(job: Job): WorktimeName {
    const { worktimes } = this.#ports;
    const { name, range } = job.package.worktime;
    const worktime = resolveWorktime(worktimes, name, range);
    if (worktime !== undefined) return worktime;
    const available = worktimes.map((w) => `${w.name} ${w.version}`);
    const text = `This worker has no worktime ${name} ${range}; it has ${available.join(', ')}.`;
    throw new ManyhandsError('WORKTIME_UNKNOWN', text, { name, range, available });
  }

  /**
   * Everything that a sandbox must have before it can run the job. Throws as `get`, WORKTIME_UNKNOWN, and
   * ISOLATION_UNAVAILABLE where the worktime's own files cannot be had.
   */
  async assignment(job: Job): Promise<Assignment> {
    const { blobs, jobBytes } = this.#ports;
    const counted = (bytes: number): void => jobBytes?.add(job.jobId, bytes);
    const worktime = this.worktimeOf(job);
    const digests = blobsOf(job.package);
    const [assets, ...found] = await Promise.all([
      this.worktimeFiles(worktime),
      ...digests.map(async (digest) => [digest, await blobs.get(digest, { keep: true, counted })] as const),
    ]);
    return { jobId: job.jobId, package: job.bytes, blobs: Object.fromEntries(found), worktime, assets };
  }

  /**
   * Files that a sandbox for that worktime needs. No job is to blame where they cannot be had.
   * @throws ISOLATION_UNAVAILABLE
   */
  async worktimeFiles(worktime: WorktimeName): Promise<WorktimeFiles> {
    try {
      return await this.#ports.worktimeFiles(worktime);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const text = `The files of the worktime ${worktime.name} cannot be had: ${why}`;
      throw new ManyhandsError('ISOLATION_UNAVAILABLE', text, { name: worktime.name }, { cause });
    }
  }

  /** Starts fetching what the job needs; what fails will fail again, and be told, when it is needed. */
  prepare(jobId: JobId, digest: Digest): void {
    this.get(jobId, digest)
      .then((job) => this.assignment(job))
      .catch(() => undefined);
  }

  #fetch(jobId: JobId): Promise<Job> {
    const coming = this.#coming.get(jobId);
    if (coming !== undefined) return coming;
    const fetched = this.#ask(jobId).finally(() => this.#coming.delete(jobId));
    this.#coming.set(jobId, fetched);
    return fetched;
  }

  async #ask(jobId: JobId): Promise<Job> {
    const { package: raw, owner, offer } = await this.#ports.link.request('job.package', { jobId });
    // The message's buffer may be shared with other fields, and these bytes are kept and posted.
    const bytes = raw.slice();
    this.#ports.jobBytes?.add(jobId, bytes.byteLength);
    const digest = packageDigest(bytes);
    if (offer !== undefined && offer.packageDigest !== digest) {
      const text = `The payment offer of job ${jobId} is for the package ${offer.packageDigest}, not ${digest}.`;
      throw new ManyhandsError('OFFER_MISMATCH', text, { jobId });
    }
    if (offer !== undefined && offer.owner !== owner) {
      const text = `The payment offer of job ${jobId} is for jobs of ${offer.owner}, and the job is ${owner}'s.`;
      throw new ManyhandsError('OFFER_MISMATCH', text, { jobId, owner });
    }
    const job: Job = {
      jobId,
      owner,
      digest,
      bytes,
      package: decodeJobPackage(bytes),
      byteLength: bytes.byteLength,
    };
    this.#cache.set(jobId, job);
    return job;
  }

  #checkOrigins({ jobId, package: { origins = [] } }: Job): void {
    const other = origins.find((origin) => this.#ports.mayFetch?.(origin) !== true);
    if (other === undefined) return;
    const text = `Job ${jobId} takes input from ${other}, which this worker does not allow.`;
    throw new ManyhandsError('FORBIDDEN', text, { jobId, origin: other });
  }

  #checkOwner({ jobId, owner }: Job): void {
    const { owners, mayRun } = this.#ports;
    const isTaken = owners === undefined || owners.includes(owner);
    if (isTaken && mayRun?.(jobId, owner) !== false) return;
    const text = `Job ${jobId} belongs to ${owner}, whose jobs do not run on this worker.`;
    throw new ManyhandsError('FORBIDDEN', text, { jobId, owner });
  }
}

function blobsOf(job: JobPackage): Digest[] {
  const digestOf = (part: InlineOrBlob): Digest[] => ('blob' in part ? [part.blob] : []);
  const parts = [job.source, job.args, ...(job.customWorktime ? [job.customWorktime.source] : [])];
  return [...new Set([...parts.flatMap(digestOf), ...(job.fs ? [job.fs.blob] : [])])];
}
