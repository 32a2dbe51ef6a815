/**
 * Compares what deployers had received with the state of the scheduler, and lists what is missing or has changed.
 * @module
 */
import { join } from 'node:path';
import Database from 'libsql';
import { compute, fetchResults, type RemoteStatus } from '../../../src/entry/deployer.node.js';
import { checkDataDir } from '../../../src/entry/scheduler.node.js';
import { readAcknowledgements, sumUp, type AcknowledgedJob } from './acknowledged.js';

const UNITS_PER_CREDIT = 10n ** 9n;
const PAGE_JOBS = 100;

/** All differences, one sentence each. */
export async function findLost(log: string, dataDir: string): Promise<string[]> {
  const { jobs, contradictions } = sumUp(readAcknowledgements(log));
  const there = new Map((await allJobs()).map((job) => [job.jobId, job]));
  const ceilings = readCeilings(dataDir);
  const wrong = [...contradictions];
  for (const [jobId, acknowledged] of jobs) {
    const status = there.get(jobId);
    if (status === undefined) {
      if (acknowledged.isDeployed) wrong.push(`job ${jobId} is missing`);
      continue;
    }
    const found = [...checkStatus(acknowledged, status), ...(await checkOutcomes(jobId, acknowledged))];
    if ((ceilings.get(jobId) ?? 0n) < BigInt(acknowledged.ceiling) * UNITS_PER_CREDIT)
      found.push('its top-up is lost');
    wrong.push(...found.map((text) => `job ${jobId}: ${text}`));
  }
  wrong.push(...(await checkDataDir(dataDir)));
  return wrong;
}

/** Every job of this owner at the scheduler, including those whose deployment was never confirmed to a deployer. */
export async function allJobs(): Promise<RemoteStatus[]> {
  const jobs: RemoteStatus[] = [];
  for (let after: string | undefined; ;) {
    const page = await compute.list({ limit: PAGE_JOBS, ...(after === undefined ? {} : { after }) });
    jobs.push(...page.jobs);
    after = page.jobs.at(-1)?.jobId;
    if (!page.more) return jobs;
  }
}

/** Reads the ceilings from the database, since no request returns them. */
function readCeilings(dataDir: string): Map<string, bigint> {
  const database = new Database(join(dataDir, 'manyhands.db'), { readonly: true });
  const rows = database.prepare('SELECT job_id, ceiling FROM jobs').all() as {
    job_id: string;
    ceiling: string;
  }[];
  database.close();
  return new Map(rows.map((row) => [row.job_id, BigInt(row.ceiling)]));
}

function checkStatus(acknowledged: AcknowledgedJob, status: RemoteStatus): string[] {
  const wrong: string[] = [];
  if (status.total < acknowledged.lastSlice)
    wrong.push(`${acknowledged.lastSlice} slices were added, ${status.total} are there`);
  if (acknowledged.isClosed && status.open) wrong.push('it was closed and is open');
  if (acknowledged.isCancelled && status.runStatus !== 'cancelled' && status.runStatus !== 'finished')
    wrong.push(`it was cancelled and is ${status.runStatus}`);
  return wrong;
}

/** Every received outcome must still be stored, and must be the result of the work function for the datum. */
async function checkOutcomes(jobId: string, acknowledged: AcknowledgedJob): Promise<string[]> {
  if (acknowledged.outcomes.size === 0) return [];
  const fetched = await fetchResults<number>(jobId, [1, Math.max(...acknowledged.outcomes.keys())]);
  const kept = new Map(
    fetched.map(({ slice, value, error }) => [slice, error === undefined ? value : error.name]),
  );
  const wrong = kept.size === fetched.length ? [] : ['a slice has two outcomes'];
  for (const [slice, outcome] of acknowledged.outcomes) {
    if (kept.get(slice) !== outcome) wrong.push(`slice ${slice} was ${outcome} and is ${kept.get(slice)}`);
    const right = slice % 97 === 5 ? 'RangeError' : slice * 3 + 1;
    if (outcome !== right) wrong.push(`slice ${slice} is ${outcome} and should be ${right}`);
  }
  return wrong;
}
