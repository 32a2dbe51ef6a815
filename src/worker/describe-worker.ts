/**
 * A worker as it describes itself to the scheduler: in its hello, and whenever what it takes changes.
 * @module
 */
import type { Address, WorkerDescription } from '../protocol/messages.js';
import { WORKTIMES } from '../worktimes/registry.js';
import type { LiveOptions } from './live-options.js';
import type { ResolvedWorkerOptions } from './resolve-options.js';

/** `filter` is what it should not be offered; `owners` those to whom it is limited. */
export function describeWorker(
  workerId: string,
  { isolation }: ResolvedWorkerOptions,
  live: LiveOptions,
  owners: readonly Address[] | undefined,
  filter: { blockedJobs: string[]; blockedOwners: Address[] },
): WorkerDescription {
  const { cores, paymentAddress, jobs, groups, minimumPrice, allowOrigins } = live;
  return {
    workerId,
    worktimes: WORKTIMES.map(({ name, version }) => ({ name, version })),
    isolation,
    sandboxes: cores,
    paymentAddress,
    owners: owners && [...owners],
    jobs: jobs && [...jobs],
    ...filter,
    groups: groups && [...groups],
    minimumPrice,
    allowOrigins: [...allowOrigins],
  };
}
