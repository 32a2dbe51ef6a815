/**
 * Chooses the job that a sandbox runs next: among the jobs that its worker may run, the one with the fewest leases (so that
 * jobs share the workers equally), the older one on a tie. A job that can start at once, then one whose runtime is
 * already started, is preferred while it has only slightly more leases.
 * @module
 */
import semver from 'semver';
import type {
  GroupKey,
  WarmState,
  WorkerDescription,
  WorktimeName,
} from '../../protocol/messages/messages.js';

export interface Candidate {
  readonly jobId: string;
  readonly owner: string;
  readonly leases: number;
  readonly createdMs: number;
  readonly worktime: string;
  readonly worktimeRange: string;
  readonly groups: readonly GroupKey[];
  /** Web origins, besides the scheduler, from which workers fetch its input. */
  readonly origins: readonly string[];
  /** Units. */
  readonly price: bigint;
}

/** A job that the sandbox has loaded is preferred while it has at most this many leases more than the one with the fewest. */
export const WARM_JOB_ADVANTAGE = 2;
/** The same for a job whose runtime is already started. */
export const WARM_RUNTIME_ADVANTAGE = 1;
/** One of so many leases ignores what is warm, so that a worker that is warm for many jobs starves no other job. */
const FAIR_SHARE_EVERY = 8;

/** The default compute group of workers and jobs. */
const PUBLIC_GROUP_KEY: GroupKey = { key: 'public' };

/** Whether one of a worker's worktimes satisfies what a job requires. */
type MatchesWorktime = (job: Candidate) => boolean;

/** Whether the worker accepts the job and has its worktime, origins and a group of it. */
export function isEligible(
  job: Candidate,
  worker: WorkerDescription,
  fits = worktimeMatcher(worker.worktimes),
): boolean {
  if (worker.owners !== undefined && !worker.owners.includes(job.owner)) return false;
  if (worker.jobs !== undefined && !worker.jobs.includes(job.jobId)) return false;
  if (worker.blockedOwners?.includes(job.owner) || worker.blockedJobs?.includes(job.jobId)) return false;
  if (worker.minimumPrice !== undefined && job.price < worker.minimumPrice) return false;
  if (job.origins.some((origin) => worker.allowOrigins?.includes(origin) !== true)) return false;
  return fits(job) && sharesGroup(job.groups, worker.groups ?? [PUBLIC_GROUP_KEY]);
}

/** Caches `eligibilityOf` for each worker description, for as long as the description object lives. */
export class EligibilityCache {
  readonly #known = new WeakMap<WorkerDescription, (job: Candidate) => boolean>();

  of(worker: WorkerDescription): (job: Candidate) => boolean {
    let mayRun = this.#known.get(worker);
    if (mayRun === undefined) {
      mayRun = eligibilityOf(worker);
      this.#known.set(worker, mayRun);
    }
    return mayRun;
  }
}

/** Cached answers of one worker. */
const CACHED_JOBS_MAX = 4_096;

/** `isEligible` for one worker and many jobs, with semver matches and answers cached. */
export function eligibilityOf(worker: WorkerDescription): (job: Candidate) => boolean {
  const fits = worktimeMatcher(worker.worktimes);
  const known = new Map<string, boolean>();
  return (job) => {
    let is = known.get(job.jobId);
    if (is === undefined) {
      if (known.size >= CACHED_JOBS_MAX) known.clear();
      is = isEligible(job, worker, fits);
      known.set(job.jobId, is);
    }
    return is;
  };
}

function sharesGroup(a: readonly GroupKey[], b: readonly GroupKey[]): boolean {
  return a.some((x) => b.some((y) => x.key === y.key && x.address === y.address));
}

/** Whether the lease with that (random) id goes to the job with the fewest leases, whatever is warm. */
export function isFairShareLease(leaseId: string): boolean {
  return leaseId.charCodeAt(0) % FAIR_SHARE_EVERY === 0;
}

/** The job to run next, or undefined when the worker may run none of the candidates. */
export function chooseJob(
  candidates: readonly Candidate[],
  worker: WorkerDescription,
  warmState: WarmState,
): Candidate | undefined {
  const fits = worktimeMatcher(worker.worktimes);
  const eligible = candidates.filter((job) => isEligible(job, worker, fits));
  const best = fewestLeases(eligible);
  if (best === undefined) return undefined;
  const { loadedJob, warmJobs = [], warmWorktimes = [] } = warmState;
  const startsSoon = worktimeMatcher(worker.worktimes.filter((one) => isAmong(one, warmWorktimes)));
  const within = (advantage: number): Candidate[] =>
    eligible.filter((job) => job.leases <= best.leases + advantage);
  const near = within(WARM_JOB_ADVANTAGE);
  return (
    near.find((job) => job.jobId === loadedJob) ??
    fewestLeases(near.filter((job) => warmJobs.includes(job.jobId))) ??
    fewestLeases(within(WARM_RUNTIME_ADVANTAGE).filter(startsSoon)) ??
    best
  );
}

function fewestLeases(jobs: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const job of jobs) if (best === undefined || hasFewerLeases(job, best)) best = job;
  return best;
}

function hasFewerLeases(a: Candidate, b: Candidate): boolean {
  return a.leases !== b.leases ? a.leases < b.leases : a.createdMs < b.createdMs;
}

/** A worker can only be warm for worktimes that it has; other claims are ignored. */
function isAmong({ name, version }: WorktimeName, claimed: readonly WorktimeName[]): boolean {
  return claimed.some((one) => one.name === name && one.version === version);
}

/** Parsing a semver range is slow and most jobs share a few ranges, so each answer is cached for one choice. */
function worktimeMatcher(worktimes: readonly WorktimeName[]): MatchesWorktime {
  const known = new Map<string, boolean>();
  return ({ worktime, worktimeRange }) => {
    const key = `${worktime.length} ${worktime} ${worktimeRange}`;
    let fits = known.get(key);
    if (fits === undefined) {
      fits = worktimes.some(
        ({ name, version }) => name === worktime && semver.satisfies(version, worktimeRange),
      );
      known.set(key, fits);
    }
    return fits;
  };
}
