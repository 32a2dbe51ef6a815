/**
 * The log of what killed deployers had received, summed up per job.
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

/** What the scheduler had acknowledged about one job, to any process. */
export interface AcknowledgedJob {
  /** Whether the scheduler confirmed the deployment; otherwise it may or may not have the job. */
  isDeployed: boolean;
  /** Credits. */
  ceiling: number;
  lastSlice: number;
  isCancelled: boolean;
  isClosed: boolean;
  /** Received outcome of each slice: its result, or the name of its error. */
  outcomes: Map<number, number | string>;
}

/** All complete lines; a kill may have truncated the last one. */
export function readAcknowledgements(log: string): Acknowledgement[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Acknowledgement);
}

/** Sums up the log per job, and lists contradictions: a slice with two outcomes, or one that one process received twice. */
export function sumUp(all: readonly Acknowledgement[]): {
  jobs: Map<string, AcknowledgedJob>;
  contradictions: string[];
} {
  const jobs = new Map<string, AcknowledgedJob>();
  const received = new Set<string>();
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
    // The confirmation of the deployment may have reached only a later process.
    if (one.what !== 'begun') job.isDeployed = true;
    if (one.what !== 'result') {
      applyStep(job, one);
      continue;
    }
    const outcome = one.failedWith ?? one.result!;
    const before = job.outcomes.get(one.slice);
    const slice = `slice ${one.slice} of job ${one.jobId}`;
    if (before !== undefined && before !== outcome)
      contradictions.push(`${slice}: ${before}, then ${outcome}`);
    job.outcomes.set(one.slice, outcome);
    const event = `${one.life} ${slice}`;
    if (received.has(event)) contradictions.push(`${slice} was received twice by one process`);
    received.add(event);
  }
  return { jobs, contradictions };
}

function applyStep(job: AcknowledgedJob, one: Exclude<Acknowledgement, { what: 'result' }>): void {
  if (one.what === 'deployed' || one.what === 'toppedUp') job.ceiling = Math.max(job.ceiling, one.ceiling);
  if (one.what === 'added') job.lastSlice = Math.max(job.lastSlice, one.last);
  if (one.what === 'cancelled') job.isCancelled = true;
  if (one.what === 'closed') job.isClosed = true;
}
