/**
 * Creates the job of a command line: its input, work function and settings.
 * @module
 */
import { computeFor, type Job } from '../../entry/deployer.node.js';
import { formatCredits } from '../../entry/wallet.node.js';
import { sliceTimeoutOf, type WorkOptions } from './input-options.js';
import type { CommandWork } from './work-source.js';

/** The job, which is not deployed yet. `name` is its name where the options give none. */
export function commandJob(
  data: AsyncIterable<unknown> | Iterable<unknown>,
  { work, worktime }: CommandWork,
  options: WorkOptions,
  name: string,
): Job {
  const { args, join } = options;
  const job: Job = computeFor(data as Iterable<unknown>, work as never, [...args] as never);
  const sliceTimeoutMs = sliceTimeoutOf(options);
  job.worktime = worktime;
  job.collateResults = false;
  job.public = { name: options.name ?? name };
  if (join !== undefined) job.computeGroups = [...join];
  if (sliceTimeoutMs !== undefined) job.limits = { sliceTimeoutMs };
  return job;
}

/** The payment that the options offer. */
export function commandOffer({ price, ceiling }: WorkOptions): { pricePerSlice?: string; ceiling?: string } {
  return {
    ...(price === undefined ? {} : { pricePerSlice: formatCredits(price) }),
    ...(ceiling === undefined ? {} : { ceiling: formatCredits(ceiling) }),
  };
}
