/**
 * How long a lease may go without progress.
 * @module
 */
import { progressTimeoutMs } from '../../policy/progress-timeout.js';
import { profileOf } from '../rows/job-workers.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { attemptsOf, rangeAt } from '../rows/ranges.js';
import type { LeaseRow } from '../schema/lease-tables.js';

/** How long the lease may make no progress, milliseconds. */
export function* progressTimeoutOf({ jobId, next }: LeaseRow): QueryPlan<number> {
  const range = (yield* rangeAt(jobId, next))!;
  return progressTimeoutMs(yield* profileOf(jobId), attemptsOf(range));
}
