/**
 * The packages of the jobs that this worker has leases of, fetched once and verified against the digest in the lease,
 * and everything else that a sandbox needs to run them.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { decodeJobPackage, packageDigest } from '../../protocol/job/job-package-codec.js';
import type { InlineOrBlob, JobPackage } from '../../protocol/job/job-package.js';
import type { Address, Digest, JobId, WorktimeName } from '../../protocol/messages/messages.js';
import type { Assignment, WorktimeFiles } from '../../protocol/messages/sandbox-messages.js';
import { resolveWorktime } from '../../worktimes/resolve-worktime.js';
import type { BlobCache } from './blob-cache.js';
import { ByteCache } from './byte-cache.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';

/** Maximum sum of the cached packages, bytes. */
const PACKAGES_BYTES_MAX = 32 * 1024 * 1024;

/** A job with its verified package; `bytes` is the package as the scheduler sent it, `byteLength` their number. */
export interface LoadedJob {
  readonly jobId: JobId;
  readonly owner: Address;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly package: JobPackage;
  readonly byteLength: number;
}

/** Loads the files that a worktime needs in a sandbox that cannot find them, by name. */
export type LoadWorktimeFiles = (worktime: WorktimeName) => Promise<WorktimeFiles>;

export interface JobPackageCachePorts {
  client: SchedulerRequests;
  blobs: BlobCache;
  /** The worktimes that this worker runs. */
  worktimes: () => readonly WorktimeName[];
  worktimeFiles: LoadWorktimeFiles;
  jobBytes?: JobBytes;
  /** The owners whose jobs may run here; undefined: those of any owner. */
  owners: readonly Address[] | undefined;
  /** Final check by the owner of the machine, now that the job's owner is known. @default always true */
  mayRun?: (jobId: JobId, owner: Address) => boolean;
  /** Whether input may be fetched from that origin. @default never */
  mayFetch?: (origin: string) => boolean;
}

/** Fetches and keeps the packages; checks whether their jobs may run here; collects what a sandbox needs for them. */
export class JobPackageCache {
  readonly #ports: JobPackageCachePorts;
  readonly #cache = new ByteCache<LoadedJob>(PACKAGES_BYTES_MAX);
  readonly #pending = new Map<JobId, Promise<LoadedJob>>();

  constructor(ports: JobPackageCachePorts) {
    this.#ports = ports;
  }

  /**
   * The job of a lease.
   * @throws FORBIDDEN where its owner's jobs may not run here or its input may not be fetched, and as `load`
   */
  async get(jobId: JobId, digest: Digest): Promise<LoadedJob> {
    const job = await this.load(jobId, digest);
    this.#checkOwner(job);
    this.#checkOrigins(job);
    return job;
  }

  /**
   * The job of a lease, whether it may run here or not.
   * @throws PACKAGE_MALFORMED, BLOB_MISMATCH where the package is not the one that the lease names, and the scheduler's
   *   own errors
   */
  async load(jobId: JobId, digest: Digest): Promise<LoadedJob> {
    const job = this.#cache.get(jobId) ?? (await this.#fetch(jobId));
    if (job.digest !== digest) {
      this.#cache.delete(jobId);
      const text = `The package of job ${jobId} has the digest ${job.digest}; its lease names ${digest}.`;
      throw new ManyhandsError('BLOB_MISMATCH', text, { jobId });
    }
    return job;
  }

  /** The job, if its package is cached. */
  cached(jobId: JobId): LoadedJob | undefined {
    return this.#cache.get(jobId);
  }

  /** The worktime that runs the job here. @throws WORKTIME_UNKNOWN */
  worktimeOf(job: LoadedJob): WorktimeName {
    const worktimes = this.#ports.worktimes();
    const { name, range } = job.package.worktime;
    const worktime = resolveWorktime(worktimes, name, range);
    if (worktime !== undefined) return worktime;
    const available = worktimes.map((w) => `${w.name} ${w.version}`);
    const text = `This worker has no worktime ${name} ${range}; it has ${available.join(', ')}.`;
    throw new ManyhandsError('WORKTIME_UNKNOWN', text, { name, range, available });
  }

  /**
   * Everything that a sandbox needs before it can run the job.
   * @throws WORKTIME_UNKNOWN, ISOLATION_UNAVAILABLE where the worktime's own files could not be loaded, BLOB_MISMATCH, and the
   *   scheduler's own errors
   */
  async assignment(job: LoadedJob): Promise<Assignment> {
    const { blobs, jobBytes } = this.#ports;
    const onBytes = (bytes: number): void => jobBytes?.add(job.jobId, bytes);
    const worktime = this.worktimeOf(job);
    const digests = blobsOf(job.package);
    const [assets, ...found] = await Promise.all([
      this.worktimeFiles(worktime),
      ...digests.map(async (digest) => [digest, await blobs.get(digest, { keep: true, onBytes })] as const),
    ]);
    return { jobId: job.jobId, package: job.bytes, blobs: Object.fromEntries(found), worktime, assets };
  }

  /**
   * The files that a sandbox for that worktime needs. A failure is not the job's fault.
   * @throws ISOLATION_UNAVAILABLE where they could not be loaded
   */
  async worktimeFiles(worktime: WorktimeName): Promise<WorktimeFiles> {
    try {
      return await this.#ports.worktimeFiles(worktime);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const text = `The files of the worktime ${worktime.name} could not be loaded: ${why}`;
      throw new ManyhandsError('ISOLATION_UNAVAILABLE', text, { name: worktime.name }, { cause });
    }
  }

  /** Starts to load what the job needs. Errors are ignored: they will occur again when it is needed. */
  prepare(jobId: JobId, digest: Digest): void {
    this.get(jobId, digest)
      .then((job) => this.assignment(job))
      .catch(() => undefined);
  }

  #fetch(jobId: JobId): Promise<LoadedJob> {
    const pending = this.#pending.get(jobId);
    if (pending !== undefined) return pending;
    const fetched = this.#request(jobId).finally(() => this.#pending.delete(jobId));
    this.#pending.set(jobId, fetched);
    return fetched;
  }

  async #request(jobId: JobId): Promise<LoadedJob> {
    const { package: raw, owner, offer } = await this.#ports.client.request('job.package', { jobId });
    // A copy, since the message's buffer may be shared with other fields, and these bytes are kept and transferred.
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
    const job: LoadedJob = {
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

  #checkOrigins({ jobId, package: { origins = [] } }: LoadedJob): void {
    const other = origins.find((origin) => this.#ports.mayFetch?.(origin) !== true);
    if (other === undefined) return;
    const text = `Job ${jobId} takes input from ${other}, which this worker does not allow.`;
    throw new ManyhandsError('FORBIDDEN', text, { jobId, origin: other });
  }

  #checkOwner({ jobId, owner }: LoadedJob): void {
    const { owners, mayRun } = this.#ports;
    const isAccepted = owners === undefined || owners.includes(owner);
    if (isAccepted && mayRun?.(jobId, owner) !== false) return;
    const text = `Job ${jobId} belongs to ${owner}, whose jobs do not run on this worker.`;
    throw new ManyhandsError('FORBIDDEN', text, { jobId, owner });
  }
}

/** The blobs that a sandbox needs. The source map is for the job's owner. */
function blobsOf(job: JobPackage): Digest[] {
  const digestOf = (part: InlineOrBlob): Digest[] => ('blob' in part ? [part.blob] : []);
  const parts = [job.source, job.args, ...(job.customWorktime ? [job.customWorktime.source] : [])];
  const files = job.modules?.files.map(({ blob }) => blob) ?? [];
  const whole = [job.libraries, job.fs].flatMap((part) => (part === undefined ? [] : [part.blob]));
  return [...new Set([...parts.flatMap(digestOf), ...whole, ...files])];
}
