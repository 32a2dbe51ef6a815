/**
 * The description of a worker that the scheduler receives: in the hello, and in an update whenever it changes.
 * @module
 */
import type { Address, GroupKey, WorkerDescription, WorktimeName } from '../../protocol/messages/messages.js';
import type { LiveOptions } from '../options/live-options.js';
import type { ResolvedWorkerOptions } from '../options/resolve-options.js';

/** The owner's settings that are part of the description. */
export interface DescribedControls {
  readonly live: LiveOptions;
  readonly groups: { readonly named: GroupKey[] | undefined };
  /** Jobs and owners that the scheduler should not offer. */
  readonly admission: { readonly filter: { blockedJobs: string[]; blockedOwners: Address[] } };
}

/** `owners`: the only job owners that it works for; `worktimes`: those that its sandboxes can run. */
export function describeWorker(
  workerId: string,
  { isolation }: ResolvedWorkerOptions,
  { live, groups, admission }: DescribedControls,
  owners: readonly Address[] | undefined,
  worktimes: readonly WorktimeName[],
): WorkerDescription {
  const { cores, paymentAddress, jobs, minimumPrice, allowOrigins } = live;
  return {
    workerId,
    worktimes: worktimes.map(({ name, version }) => ({ name, version })),
    sandboxHost: isolation,
    sandboxes: cores,
    paymentAddress,
    owners: owners && [...owners],
    jobs: jobs && [...jobs],
    ...admission.filter,
    groups: groups.named,
    minimumPrice,
    allowOrigins: [...allowOrigins],
  };
}
