/**
 * Which job a sandbox serves next: one that it may serve, the job with the fewest leases first (so that jobs share
 * the workers), the older on a tie; but rather a job that starts at once, then one whose runtime stands ready, as long
 * as that is about fair.
 * @module
 */
import semver from 'semver';
import type { GroupKey, Warmth, WorkerDescription, WorktimeName } from '../../protocol/messages/messages.js';

export interface Candidate {
  readonly jobId: string;
  readonly owner: string;
  readonly leases: number;
  readonly createdMs: number;
  readonly worktime: string;
  readonly worktimeRange: string;
  readonly groups: readonly GroupKey[];
  /** Where its input comes from besides the scheduler. */
  readonly origins: readonly string[];
  /** Units. */
  readonly price: bigint;
}

/** A job that a sandbox is warm for is served while it has at most so many leases more than the neediest. */
export const WARM_JOB_ADVANTAGE = 2;
/** And a job whose runtime stands ready, so many. */
export const WARM_RUNTIME_ADVANTAGE = 1;
/** Of so many leases one goes to the neediest, whatever is warm: a worker that is warm for much shuts nobody out. */
const OPEN_TURN_EVERY = 8;

/** The group that everybody is in unless they say otherwise. */
export const PUBLIC_GROUP: GroupKey = { key: 'public' };

/** Whether one of a worker's worktimes is what a job asks for. */
type Fits = (job: Candidate) => boolean;

/** Whether that worker may run that job at all. */
export function isEligible(
  job: Candidate,
  worker: WorkerDescription,
  fits = fitsOneOf(worker.worktimes),
): boolean {
  if (worker.owners !== undefined && !worker.owners.includes(job.owner)) return false;
  if (worker.jobs !== undefined && !worker.jobs.includes(job.jobId)) return false;
  if (worker.blockedOwners?.includes(job.owner) || worker.blockedJobs?.includes(job.jobId)) return false;
  if (worker.minimumPrice !== undefined && job.price < worker.minimumPrice) return false;
  if (job.origins.some((origin) => worker.allowOrigins?.includes(origin) !== true)) return false;
  return fits(job) && sharesGroup(job.groups, worker.groups ?? [PUBLIC_GROUP]);
}

/** `eligibility` of each description that workers have now; forgotten with the description. */
export class Eligibility {
  readonly #known = new WeakMap<WorkerDescription, (job: Candidate) => boolean>();

  of(worker: WorkerDescription): (job: Candidate) => boolean {
    let mayRun = this.#known.get(worker);
    if (mayRun === undefined) {
      mayRun = eligibility(worker);
      this.#known.set(worker, mayRun);
    }
    return mayRun;
  }
}

/** Jobs of which it is remembered whether one worker may run them. */
const KNOWN_JOBS_MAX = 4_096;

/** `isEligible` for one worker and many jobs: what takes long is found once for each kind of job, and for each job. */
export function eligibility(worker: WorkerDescription): (job: Candidate) => boolean {
  const fits = fitsOneOf(worker.worktimes);
  const known = new Map<string, boolean>();
  return (job) => {
    let is = known.get(job.jobId);
    if (is === undefined) {
      if (known.size >= KNOWN_JOBS_MAX) known.clear();
      is = isEligible(job, worker, fits);
      known.set(job.jobId, is);
    }
    return is;
  };
}

function sharesGroup(a: readonly GroupKey[], b: readonly GroupKey[]): boolean {
  return a.some((x) => b.some((y) => x.key === y.key && x.address === y.address));
}

/** Whether the lease of that (random) id is one of those that go to the neediest, whatever is warm. */
export function isOpenTurn(leaseId: string): boolean {
  return leaseId.charCodeAt(0) % OPEN_TURN_EVERY === 0;
}

/** The job to serve, or undefined where there is none for this worker. */
export function chooseJob(
  candidates: readonly Candidate[],
  worker: WorkerDescription,
  warmth: Warmth,
): Candidate | undefined {
  const fits = fitsOneOf(worker.worktimes);
  const eligible = candidates.filter((job) => isEligible(job, worker, fits));
  const best = neediest(eligible);
  if (best === undefined) return undefined;
  const { warm, warmJobs = [], warmWorktimes = [] } = warmth;
  const startsSoon = fitsOneOf(worker.worktimes.filter((one) => isAmong(one, warmWorktimes)));
  const within = (advantage: number): Candidate[] =>
    eligible.filter((job) => job.leases <= best.leases + advantage);
  const near = within(WARM_JOB_ADVANTAGE);
  return (
    near.find((job) => job.jobId === warm) ??
    neediest(near.filter((job) => warmJobs.includes(job.jobId))) ??
    neediest(within(WARM_RUNTIME_ADVANTAGE).filter(startsSoon)) ??
    best
  );
}

function neediest(jobs: readonly Candidate[]): Candidate | undefined {
  let found: Candidate | undefined;
  for (const job of jobs) if (found === undefined || isNeedier(job, found)) found = job;
  return found;
}

function isNeedier(a: Candidate, b: Candidate): boolean {
  return a.leases !== b.leases ? a.leases < b.leases : a.createdMs < b.createdMs;
}

/** A worker can only be warm for what it has; what else it claims is not compared with anything. */
function isAmong({ name, version }: WorktimeName, claimed: readonly WorktimeName[]): boolean {
  return claimed.some((one) => one.name === name && one.version === version);
}

/** Reading a range is dear, and most jobs have one of a few: each is read once for all the jobs of a choice. */
function fitsOneOf(worktimes: readonly WorktimeName[]): Fits {
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
