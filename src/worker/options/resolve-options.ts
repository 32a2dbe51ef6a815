/**
 * The options of a worker: read from what the user passes, checked, and completed with defaults. An unknown name or a
 * wrong type throws an error that names the option and the accepted values.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { readOptions, type OptionNames } from '../../lib/options.js';
import { SANDBOXES_PER_WORKER_MAX } from '../../protocol/limits.js';
import type { Address, JobId } from '../../protocol/messages/messages.js';
import { parseSchedulerUrl } from '../../protocol/wire/scheduler-url.js';
import type { SchedulerUrl } from '../../protocol/wire/scheduler-url.js';
import {
  checkAddresses,
  checkAuthorize,
  checkBytesPerDay,
  checkCores,
  checkGroups,
  checkHours,
  checkIsolation,
  checkJobs,
  checkName,
  checkAllowOrigins,
  checkPaymentAddress,
  checkPolicy,
  checkPrice,
  checkShare,
  checkSignalOption,
} from './option-checks.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import type { GroupOption, Isolation, WarmPolicy } from './option-checks.js';
import type { JobPublic } from './worker-events.js';

export type { GroupOption, Isolation, WarmPolicy } from './option-checks.js';

/** The owner of a job that was offered to this machine for the first time, and that job. */
export interface JobOwnerRequest {
  owner: Address;
  jobId: JobId;
  public: JobPublic;
}

/** A former name of `JobOwnerRequest`. @deprecated removed in the next version */
export type Newcomer = JobOwnerRequest;

/** The options of `new Worker(...)`. */
export interface WorkerOptions {
  /** Address of the scheduler. @default MANYHANDS_SCHEDULER, this page's own address, or http://localhost:8462 */
  scheduler?: string | URL;
  /** Kind of sandbox that isolates job code. @default 'browser' in a page; in Node 'deno' if it is installed, else 'chromium' */
  isolation?: Isolation;
  /** Maximum number of active sandboxes. @default the number of cores of this machine */
  cores?: number;
  /** Part of its time that each sandbox works, above 0 and up to 1; it is idle between batches. @default 1 */
  share?: number;
  /** What is kept ready between slices. @default 'warm-function' */
  policy?: WarmPolicy;
  /** Address of the account that is paid, `0x` and 40 hexadecimal digits. @default none: nobody is paid */
  paymentAddress?: Address;
  /** Runs only jobs of these owners. @default with 'thread': this machine's own identity; else any */
  owners?: readonly Address[];
  /** Runs only these jobs. @default any */
  jobs?: readonly JobId[];
  /** Runs none of these jobs. @default [] */
  blockedJobs?: readonly JobId[];
  /** Runs no job of these owners. @default [] */
  blockedOwners?: readonly Address[];
  /**
   * Called once for each job owner, before any of its code runs here; other work continues meanwhile. Only `true` accepts
   * the owner. Any other value, an error, or no result within five minutes rejects it until `reauthorize` is called.
   */
  authorize?: (request: JobOwnerRequest) => boolean | Promise<boolean>;
  /** A former name of `authorize`. @deprecated removed in the next version */
  admit?: (request: JobOwnerRequest) => boolean | Promise<boolean>;
  /** Runs jobs of these compute groups. @default the public group */
  groups?: readonly GroupOption[];
  /** Lowest price of a slice at which it works, in units (1 credit = 10^9 units). @default 0n */
  minimumPrice?: bigint;
  /**
   * Origins that the input of jobs may be fetched from, in addition to the scheduler, like `https://example.com`. Such a
   * site sees this machine's IP address. @default []
   */
  allowOrigins?: readonly string[];
  /** Bytes sent and received in one day (UTC) after which the worker pauses until the next day. @default no limit */
  bytesPerDay?: number;
  /** Hours of the day in which it works, local time, like `'22-7'` or `'22:30-07:00'`; it pauses outside them. @default all day */
  hours?: string;
  /** A name for its owner, which is not sent to anybody. @default 'worker' */
  name?: string;
  /** Stops the worker at once when it aborts. */
  signal?: AbortSignal;
}

/** The options after checks and defaults. `owners` may still depend on the environment. */
export interface ResolvedWorkerOptions {
  readonly scheduler: SchedulerUrl;
  readonly isolation: Isolation;
  readonly cores: number;
  readonly share: number;
  readonly policy: WarmPolicy;
  readonly paymentAddress: Address | undefined;
  readonly owners: readonly Address[] | undefined;
  readonly jobs: readonly JobId[] | undefined;
  readonly blockedJobs: readonly JobId[];
  readonly blockedOwners: readonly Address[];
  readonly authorize: WorkerOptions['authorize'];
  readonly groups: readonly GroupCredential[] | undefined;
  readonly minimumPrice: bigint | undefined;
  readonly allowOrigins: readonly string[];
  readonly bytesPerDay: number | undefined;
  readonly hours: string | undefined;
  readonly name: string;
  readonly signal: AbortSignal | undefined;
}

/** Defaults that depend on the environment. */
export interface WorkerDefaults {
  scheduler: string;
  isolation: Isolation;
  cores: number;
}

const KNOWN: OptionNames<WorkerOptions> = {
  scheduler: true,
  isolation: true,
  cores: true,
  share: true,
  policy: true,
  paymentAddress: true,
  owners: true,
  jobs: true,
  blockedJobs: true,
  blockedOwners: true,
  authorize: true,
  admit: true,
  groups: true,
  minimumPrice: true,
  allowOrigins: true,
  bytesPerDay: true,
  hours: true,
  name: true,
  signal: true,
};

/** @throws UNKNOWN_OPTION or INVALID_ARGUMENT, with the name of the option */
export function resolveWorkerOptions(given: WorkerOptions, defaults: WorkerDefaults): ResolvedWorkerOptions {
  const options = readOptions<WorkerOptions>(given ?? null, 'A worker', KNOWN);
  const { cores } = options;
  return Object.freeze({
    scheduler: parseSchedulerUrl(options.scheduler ?? defaults.scheduler),
    isolation: checkIsolation(options.isolation ?? defaults.isolation),
    cores: cores === undefined ? coresOf(defaults.cores) : checkCores(cores),
    share: checkShare(options.share ?? 1),
    policy: checkPolicy(options.policy ?? 'warm-function'),
    paymentAddress: checkPaymentAddress(options.paymentAddress),
    owners: checkAddresses('owners', options.owners),
    jobs: checkJobs('jobs', options.jobs),
    blockedJobs: checkJobs('blockedJobs', options.blockedJobs) ?? [],
    blockedOwners: checkAddresses('blockedOwners', options.blockedOwners) ?? [],
    authorize: checkAuthorize(oneOf(options, 'authorize', 'admit')),
    groups: checkGroups(options.groups),
    minimumPrice: checkPrice(options.minimumPrice),
    allowOrigins: checkAllowOrigins(options.allowOrigins),
    bytesPerDay: checkBytesPerDay(options.bytesPerDay),
    hours: checkHours(options.hours),
    name: checkName(options.name),
    signal: checkSignalOption(options.signal),
  });
}

/**
 * The value of an option that has a former name.
 * @throws INVALID_ARGUMENT where both names are used
 */
function oneOf<K extends keyof WorkerOptions, F extends keyof WorkerOptions>(
  options: WorkerOptions,
  name: K,
  formerName: F,
): WorkerOptions[K] | WorkerOptions[F] {
  if (options[name] === undefined) return options[formerName];
  if (options[formerName] === undefined) return options[name];
  const text = `The options ${name} and ${formerName} of a worker are the same one: use only ${name}.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { option: name });
}

/** The number of cores that the system reports may be missing, or above the maximum of a worker. */
function coresOf(found: number): number {
  return Math.min(Math.max(1, Math.floor(found) || 1), SANDBOXES_PER_WORKER_MAX);
}
