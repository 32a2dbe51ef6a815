/**
 * A worker as it describes itself to the scheduler: in its hello, and whenever what it takes changes.
 * @module
 */
import { SOFTWARE_VERSION } from '../../lib/version.js';
import type {
  Address,
  GroupKey,
  Hello,
  WorkerDescription,
  WorktimeName,
} from '../../protocol/messages/messages.js';
import { PROTOCOL_VERSION } from '../../protocol/wire/version.js';
import type { LiveOptions } from '../options/live-options.js';
import type { ResolvedWorkerOptions } from '../options/resolve-options.js';

/** What of the wishes of its owner the scheduler is told. */
export interface DescribedWishes {
  readonly live: LiveOptions;
  readonly groups: { readonly named: GroupKey[] | undefined };
  /** What it should not be offered. */
  readonly admission: { readonly filter: { blockedJobs: string[]; blockedOwners: Address[] } };
}

/** `owners` are those to whom it is limited; `worktimes` what its sandboxes can run. */
export function describeWorker(
  workerId: string,
  { isolation }: ResolvedWorkerOptions,
  { live, groups, admission }: DescribedWishes,
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

/** The first message of each of its connections. */
export function workerHello(worker: WorkerDescription): Hello {
  const software = `manyhands/${SOFTWARE_VERSION}`;
  return { type: 'hello', protocol: PROTOCOL_VERSION, software, role: 'worker', worker };
}
