/**
 * Whose jobs may come near this machine: none that is blocked, and where the owner of the machine wants to be asked,
 * none before the answer. While an owner is asked about, and after a no, the scheduler is told not to offer its jobs.
 * The questions may change while jobs run here: then their owners are asked about anew.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { WORKER_FILTER_MAX } from '../../protocol/limits.js';
import type { Address, Digest, JobId } from '../../protocol/messages/messages.js';
import type { Newcomer, WorkerOptions } from '../options/resolve-options.js';
import type { AboutJob } from './worker-stats.js';

/** A question without an answer counts as no after so long, milliseconds. */
export const ADMIT_MS_MAX = 5 * 60_000;
/** Jobs and owners that are remembered. */
const KNOWN_MAX = 4_096;

export interface AdmissionOptions {
  clock: Clock;
  /** The owner's wishes, as they are now. */
  blocked: () => { jobs: readonly JobId[]; owners: readonly Address[] };
  admit: () => WorkerOptions['admit'];
  /** Finds out whose job it is and what it says of itself; starts nothing of it. */
  look: (jobId: JobId, digest: Digest) => Promise<AboutJob>;
  /** The jobs whose code is on this machine now. */
  here: () => readonly Newcomer[];
  /** Nothing of that job may be here any more. */
  refuse: (jobId: JobId) => void;
  /** What the scheduler should not offer is another list now. */
  changed: () => void;
}

type Answer = 'asking' | 'yes' | 'no';

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #answers = new Map<Address, Answer>();
  readonly #owners = new Map<JobId, Address>();
  /** Jobs whose owner is being found out. */
  readonly #looking = new Set<JobId>();
  /** Questions without an answer: each can be dropped, and what is answered then counts for nothing. */
  readonly #cancels = new Set<() => void>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Why that job does not run here now; undefined where it may. May ask, and then says so. */
  objection(jobId: JobId, digest: Digest): string | undefined {
    const { blocked, admit } = this.#options;
    const { jobs, owners } = blocked();
    if (jobs.includes(jobId)) return 'The worker does not take this job.';
    const owner = this.#owners.get(jobId);
    if (owner !== undefined && owners.includes(owner)) return "The worker does not take this owner's jobs.";
    if (admit() === undefined) return undefined;
    const answer = owner === undefined ? undefined : this.#answers.get(owner);
    if (answer === 'yes') return undefined;
    if (answer === 'no') return "The worker does not take this owner's jobs.";
    if (answer === undefined) this.#look(jobId, digest);
    return 'The owner of the machine is being asked.';
  }

  /** The last word before a sandbox starts, when the job's owner is known for sure. */
  mayRun(jobId: JobId, owner: Address): boolean {
    remember(this.#owners, jobId, owner);
    const { jobs, owners } = this.#options.blocked();
    if (jobs.includes(jobId) || owners.includes(owner)) return false;
    return this.#options.admit() === undefined || this.#answers.get(owner) === 'yes';
  }

  /** Jobs of that owner that were met. */
  jobsOf(owner: Address): JobId[] {
    return [...this.#owners].filter(([, one]) => one === owner).map(([jobId]) => jobId);
  }

  /** What the scheduler should not offer; the owner's own wishes last, for they are checked here too. */
  get filter(): { blockedJobs: JobId[]; blockedOwners: Address[] } {
    const { jobs, owners } = this.#options.blocked();
    const kept = [...this.#answers].filter(([, answer]) => answer !== 'yes').map(([owner]) => owner);
    return {
      blockedJobs: [...new Set([...this.#looking, ...jobs])].slice(0, WORKER_FILTER_MAX),
      blockedOwners: [...new Set([...kept.reverse(), ...owners])].slice(0, WORKER_FILTER_MAX),
    };
  }

  /**
   * Forgets what was answered. The owners whose jobs are here are asked about at once, and stop unless the answer is
   * there at once too; the others when they come along.
   */
  askAgain(): void {
    this.close();
    this.#answers.clear();
    const here = this.#options.here();
    if (this.#options.admit() !== undefined) {
      for (const who of here) if (!this.#answers.has(who.owner)) this.#ask(who);
    }
    const owned = [...this.#owners].map(([jobId, owner]) => ({ jobId, owner }));
    const all = new Map([...owned, ...here].map(({ jobId, owner }) => [jobId, owner]));
    for (const [jobId, owner] of all) if (!this.mayRun(jobId, owner)) this.#options.refuse(jobId);
    this.#options.changed();
  }

  /** Nobody waits for answers any more. */
  close(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #look(jobId: JobId, digest: Digest): void {
    if (this.#looking.has(jobId)) return;
    const looked = this.#options.look(jobId, digest);
    this.#looking.add(jobId);
    this.#options.changed();
    const found = looked.then(
      (job) => {
        remember(this.#owners, jobId, job.owner);
        const isWanted = this.#options.admit() !== undefined && !this.#answers.has(job.owner);
        if (isWanted) this.#ask({ owner: job.owner, jobId, public: job.package.public });
      },
      // It is offered again, and looked at again, or is gone.
      () => undefined,
    );
    void found.then(() => {
      this.#looking.delete(jobId);
      this.#options.changed();
    });
  }

  #ask({ owner, jobId, public: about }: Newcomer): void {
    remember(this.#answers, owner, 'asking');
    const cancel = this.#options.clock.after(ADMIT_MS_MAX, () => settle(false), { background: true });
    this.#cancels.add(cancel);
    const settle = (isWelcome: boolean): void => {
      if (!this.#cancels.delete(cancel)) return;
      cancel();
      this.#answers.set(owner, isWelcome ? 'yes' : 'no');
      this.#options.changed();
    };
    try {
      const answer = this.#options.admit()!({ owner, jobId, public: { ...about } });
      // An answer that is there already counts at once.
      if (typeof answer !== 'object') return settle(answer === true);
      answer.then(
        (isWelcome) => settle(isWelcome === true),
        () => settle(false),
      );
    } catch {
      settle(false);
    }
  }
}

/** Forgets what was not met for longest where there are too many: it is asked about again. */
function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key);
  const oldest = map.size >= KNOWN_MAX ? map.keys().next().value : undefined;
  if (oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
