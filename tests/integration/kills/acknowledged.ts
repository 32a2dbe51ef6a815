/**
 * What deployers that were killed had been told: their log, job by job.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';

/** A line of the log, as `deployer.mjs` writes it. */
export type Acknowledgement = { jobId: string; life: string } & (
  | { what: 'begun' | 'cancelled' | 'closed' }
  | { what: 'deployed' | 'toppedUp'; ceiling: number }
  | { what: 'added'; last: number }
  | { what: 'result'; slice: number; result?: number; failedWith?: string }
);

/** What was acknowledged of one job, by any process. */
export interface AcknowledgedJob {
  /** The scheduler said that it has the job; else it may have it or not. */
  isDeployed: boolean;
  /** Credits. */
  ceiling: number;
  lastSlice: number;
  isCancelled: boolean;
  isClosed: boolean;
  /** What was heard of each slice: its result, or the name of its error. */
  outcomes: Map<number, number | string>;
}

/** All lines but one that a kill cut off. */
export function readAcknowledgements(log: string): Acknowledgement[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Acknowledgement);
}

/** Sums them up, and says what contradicts itself: a slice with two outcomes, or one that came twice to one process. */
export function sumUp(all: readonly Acknowledgement[]): {
  jobs: Map<string, AcknowledgedJob>;
  contradictions: string[];
} {
  const jobs = new Map<string, AcknowledgedJob>();
  const heard = new Set<string>();
  const contradictions: string[] = [];
  for (const one of all) {
    const job = jobs.get(one.jobId) ?? {
      isDeployed: false,
      ceiling: 0,
      lastSlice: 0,
      isCancelled: false,
      isClosed: false,
      outcomes: new Map<number, number | string>(),
    };
    jobs.set(one.jobId, job);
    // A process after the one that deployed it may have been the first to hear that it is there.
    if (one.what !== 'begun') job.isDeployed = true;
    if (one.what !== 'result') {
      note(job, one);
      continue;
    }
    const outcome = one.failedWith ?? one.result!;
    const before = job.outcomes.get(one.slice);
    const slice = `slice ${one.slice} of job ${one.jobId}`;
    if (before !== undefined && before !== outcome)
      contradictions.push(`${slice}: ${before}, then ${outcome}`);
    job.outcomes.set(one.slice, outcome);
    const event = `${one.life} ${slice}`;
    if (heard.has(event)) contradictions.push(`${slice} came twice to one process`);
    heard.add(event);
  }
  return { jobs, contradictions };
}

function note(job: AcknowledgedJob, one: Exclude<Acknowledgement, { what: 'result' }>): void {
  if (one.what === 'deployed' || one.what === 'toppedUp') job.ceiling = Math.max(job.ceiling, one.ceiling);
  if (one.what === 'added') job.lastSlice = Math.max(job.lastSlice, one.last);
  if (one.what === 'cancelled') job.isCancelled = true;
  if (one.what === 'closed') job.isClosed = true;
}
