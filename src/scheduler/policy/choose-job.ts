/**
 * Which job a sandbox serves next: one that it may serve, the job with the fewest leases first (so that jobs share
 * the workers), the older on a tie; the job that the sandbox is warm for as long as that is about fair.
 * @module
 */
import semver from 'semver';
import type { GroupKey, WorkerDescription } from '../../protocol/messages.js';

export interface Candidate {
  readonly jobId: string;
  readonly owner: string;
  readonly leases: number;
  readonly createdMs: number;
  readonly worktime: string;
  readonly worktimeRange: string;
  readonly groups: readonly GroupKey[];
  /** Units. */
  readonly price: bigint;
}

/** A warm sandbox stays with its job while that has at most so many leases more than the neediest. */
const WARM_ADVANTAGE = 2;

/** The group that everybody is in unless they say otherwise. */
export const PUBLIC_GROUP: GroupKey = { key: 'public' };

/** Whether that worker may run that job at all. */
export function isEligible(job: Candidate, worker: WorkerDescription): boolean {
  if (worker.owners !== undefined && !worker.owners.includes(job.owner)) return false;
  if (worker.jobs !== undefined && !worker.jobs.includes(job.jobId)) return false;
  if (worker.blockedOwners?.includes(job.owner) || worker.blockedJobs?.includes(job.jobId)) return false;
  if (worker.minimumPrice !== undefined && job.price < worker.minimumPrice) return false;
  const runs = worker.worktimes.some(
    (w) => w.name === job.worktime && semver.satisfies(w.version, job.worktimeRange),
  );
  return runs && sharesGroup(job.groups, worker.groups ?? [PUBLIC_GROUP]);
}

function sharesGroup(a: readonly GroupKey[], b: readonly GroupKey[]): boolean {
  return a.some((x) => b.some((y) => x.key === y.key && x.secretHash === y.secretHash));
}

/** The job to serve, or undefined where there is none for this worker. */
export function chooseJob(
  candidates: readonly Candidate[],
  worker: WorkerDescription,
  warm: string | undefined,
): Candidate | undefined {
  const eligible = candidates.filter((job) => isEligible(job, worker));
  let best: Candidate | undefined;
  for (const job of eligible) {
    if (best === undefined || isNeedier(job, best)) best = job;
  }
  if (best === undefined || warm === undefined) return best;
  const kept = eligible.find((job) => job.jobId === warm);
  return kept !== undefined && kept.leases <= best.leases + WARM_ADVANTAGE ? kept : best;
}

function isNeedier(a: Candidate, b: Candidate): boolean {
  return a.leases !== b.leases ? a.leases < b.leases : a.createdMs < b.createdMs;
}
