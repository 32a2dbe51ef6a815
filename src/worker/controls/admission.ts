/**
 * Decides whose jobs may run on this machine: none that is blocked and, if the owner of the machine set `authorize`, only
 * those of job owners that it accepted. Until then, and after a refusal, the scheduler is asked not to offer their jobs.
 * When `authorize` or the blocked lists change, the owners of loaded jobs are checked again.
 * @module
 */
import { setNewest } from '../../lib/bounded-map.js';
import type { Clock } from '../../lib/clock.js';
import { WORKER_FILTER_MAX } from '../../protocol/limits.js';
import type { Address, Digest, JobId } from '../../protocol/messages/messages.js';
import type { JobOwnerRequest, WorkerOptions } from '../options/resolve-options.js';
import type { JobSummary } from './worker-stats.js';

/** Without an answer of `authorize` after this, the answer is no. Milliseconds. */
export const AUTHORIZE_MS_MAX = 5 * 60_000;
/** Maximum number of jobs and of owners that are remembered. */
const KNOWN_MAX = 4_096;

export interface AdmissionOptions {
  clock: Clock;
  /** The current blocked lists. */
  blocked: () => { jobs: readonly JobId[]; owners: readonly Address[] };
  authorize: () => WorkerOptions['authorize'];
  /** Loads the owner and the public description of a job; runs nothing of it. */
  loadJob: (jobId: JobId, digest: Digest) => Promise<JobSummary>;
  /** The jobs whose code is loaded on this machine now. */
  loadedJobs: () => readonly JobOwnerRequest[];
  /** Stops the job and removes it from this machine. */
  refuse: (jobId: JobId) => void;
  /** The jobs and owners that the scheduler should not offer have changed. */
  changed: () => void;
}

type Answer = 'asking' | 'yes' | 'no';

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #answers = new Map<Address, Answer>();
  readonly #owners = new Map<JobId, Address>();
  /** Jobs whose owner is being loaded. */
  readonly #loading = new Set<JobId>();
  /** Cancels of pending calls of `authorize`; the results of cancelled calls are ignored. */
  readonly #cancels = new Set<() => void>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Why the job may not run here now; undefined where it may. May call `authorize`, and then rejects the job until it has answered. */
  rejectionReason(jobId: JobId, digest: Digest): string | undefined {
    const { blocked, authorize } = this.#options;
    const { jobs, owners } = blocked();
    if (jobs.includes(jobId)) return 'The worker does not accept this job.';
    const owner = this.#owners.get(jobId);
    if (owner !== undefined && owners.includes(owner)) return "The worker does not accept this owner's jobs.";
    if (authorize() === undefined) return undefined;
    const answer = owner === undefined ? undefined : this.#answers.get(owner);
    if (answer === 'yes') return undefined;
    if (answer === 'no') return "The worker does not accept this owner's jobs.";
    if (answer === undefined) this.#loadOwner(jobId, digest);
    return 'The owner of the machine has not yet accepted this job owner.';
  }

  /** The final check before a sandbox starts, with the owner that the job's package was verified for. */
  mayRun(jobId: JobId, owner: Address): boolean {
    setNewest(this.#owners, jobId, owner, KNOWN_MAX);
    const { jobs, owners } = this.#options.blocked();
    if (jobs.includes(jobId) || owners.includes(owner)) return false;
    return this.#options.authorize() === undefined || this.#answers.get(owner) === 'yes';
  }

  /** The jobs of that owner that are remembered. */
  jobsOf(owner: Address): JobId[] {
    return [...this.#owners].filter(([, one]) => one === owner).map(([jobId]) => jobId);
  }

  /** What the scheduler should not offer. The owner's own lists come last: they are enforced here too if truncated. */
  get filter(): { blockedJobs: JobId[]; blockedOwners: Address[] } {
    const { jobs, owners } = this.#options.blocked();
    const kept = [...this.#answers].filter(([, answer]) => answer !== 'yes').map(([owner]) => owner);
    return {
      blockedJobs: [...new Set([...this.#loading, ...jobs])].slice(0, WORKER_FILTER_MAX),
      blockedOwners: [...new Set([...kept.reverse(), ...owners])].slice(0, WORKER_FILTER_MAX),
    };
  }

  /**
   * Discards all answers. The owners of loaded jobs are asked about at once, and their jobs stop unless `authorize`
   * accepts synchronously; other owners are asked about when a job of theirs is offered.
   */
  reauthorize(): void {
    this.close();
    this.#answers.clear();
    const loadedJobs = this.#options.loadedJobs();
    if (this.#options.authorize() !== undefined) {
      for (const who of loadedJobs) if (!this.#answers.has(who.owner)) this.#ask(who);
    }
    const owned = [...this.#owners].map(([jobId, owner]) => ({ jobId, owner }));
    const all = new Map([...owned, ...loadedJobs].map(({ jobId, owner }) => [jobId, owner]));
    for (const [jobId, owner] of all) if (!this.mayRun(jobId, owner)) this.#options.refuse(jobId);
    this.#options.changed();
  }

  /** Cancels all pending calls of `authorize`. */
  close(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #loadOwner(jobId: JobId, digest: Digest): void {
    if (this.#loading.has(jobId)) return;
    const loaded = this.#options.loadJob(jobId, digest);
    this.#loading.add(jobId);
    this.#options.changed();
    const found = loaded.then(
      (job) => {
        setNewest(this.#owners, jobId, job.owner, KNOWN_MAX);
        const isWanted = this.#options.authorize() !== undefined && !this.#answers.has(job.owner);
        if (isWanted) this.#ask({ owner: job.owner, jobId, public: job.package.public });
      },
      // The job will be offered again, and its owner loaded again, or it has ended.
      () => undefined,
    );
    void found.then(() => {
      this.#loading.delete(jobId);
      this.#options.changed();
    });
  }

  #ask({ owner, jobId, public: about }: JobOwnerRequest): void {
    setNewest(this.#answers, owner, 'asking', KNOWN_MAX);
    const cancel = this.#options.clock.after(AUTHORIZE_MS_MAX, () => decide(false), { background: true });
    this.#cancels.add(cancel);
    const decide = (isAllowed: boolean): void => {
      if (!this.#cancels.delete(cancel)) return;
      cancel();
      this.#answers.set(owner, isAllowed ? 'yes' : 'no');
      this.#options.changed();
    };
    try {
      const answer = this.#options.authorize()!({ owner, jobId, public: { ...about } });
      // A synchronous answer applies at once.
      if (typeof answer !== 'object') return decide(answer === true);
      answer.then(
        (isAllowed) => decide(isAllowed === true),
        () => decide(false),
      );
    } catch {
      decide(false);
    }
  }
}
