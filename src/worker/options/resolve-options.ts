/**
 * The options of a worker: what a user may write, checked once and made whole. An unknown name or a wrong type is
 * refused with a word on what would do.
 * @module
 */
import { readOptions, type OptionNames } from '../../lib/options.js';
import { SANDBOXES_PER_WORKER_MAX } from '../../protocol/limits.js';
import type { Address, JobId } from '../../protocol/messages/messages.js';
import { parseSchedulerUrl } from '../../protocol/wire/scheduler-url.js';
import type { SchedulerUrl } from '../../protocol/wire/scheduler-url.js';
import {
  checkAddresses,
  checkAdmit,
  checkBytesPerDay,
  checkCores,
  checkGroups,
  checkHours,
  checkIsolation,
  checkJobs,
  checkName,
  checkOrigins,
  checkPaymentAddress,
  checkPolicy,
  checkPrice,
  checkShare,
  checkSignal,
} from './option-checks.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import type { GroupOption, Isolation, WarmPolicy } from './option-checks.js';
import type { JobPublic } from './worker-events.js';

export type { GroupOption, Isolation, WarmPolicy } from './option-checks.js';

/** Who asks to be let in: a deployer whose code has not been near this machine, and its first job here. */
export interface Newcomer {
  owner: Address;
  jobId: JobId;
  public: JobPublic;
}

/** What a user of `new Worker(...)` may say. */
export interface WorkerOptions {
  /** Address of the scheduler. @default MANYHANDS_SCHEDULER, this page's own address, or http://localhost:8462 */
  scheduler?: string | URL;
  /** How job code is kept from this machine. @default 'browser' in a page; in Node 'deno' where there is one, else 'chromium' */
  isolation?: Isolation;
  /** Sandboxes at work at most. @default the cores of this machine */
  cores?: number;
  /** Part of its time that each sandbox works, above 0 and up to 1: it rests between batches. @default 1 */
  share?: number;
  /** What is kept warm between slices. @default 'warm-function' */
  policy?: WarmPolicy;
  /** Whose account is paid; nobody's when absent: `0x` and 40 hexadecimal digits. */
  paymentAddress?: Address;
  /** Runs the jobs of these owners only. @default with 'thread': this machine's own identity; else anybody's */
  owners?: readonly Address[];
  /** Runs these jobs only. @default any */
  jobs?: readonly JobId[];
  /** Runs none of these jobs. @default [] */
  blockedJobs?: readonly JobId[];
  /** Runs no job of these owners. @default [] */
  blockedOwners?: readonly Address[];
  /**
   * Asked once for each owner, before any code of that owner is started here; meanwhile other work goes on. Only `true`
   * lets it in; anything else, an error, or no answer in five minutes keeps that owner out until `askAgain`.
   */
  admit?: (who: Newcomer) => boolean | Promise<boolean>;
  /** Runs jobs of these compute groups. @default the public group */
  groups?: readonly GroupOption[];
  /** Least price of one slice that is worked for, in units (1 credit = 10^9 units). @default 0n */
  minimumPrice?: bigint;
  /**
   * Origins that input may be fetched from besides the scheduler, like `https://example.com`, for jobs that ask for it.
   * Such a site learns this machine's address. @default []
   */
  allowOrigins?: readonly string[];
  /** Bytes down and up in one day (UTC) after which the worker pauses till the next. @default no limit */
  bytesPerDay?: number;
  /** Hours of the day in which it works, local time, like `'22-7'` or `'22:30-07:00'`; it pauses outside them. @default all day */
  hours?: string;
  /** What its owner calls it; told to nobody. @default 'worker' */
  name?: string;
  /** Stops the worker, at once, when it aborts. */
  signal?: AbortSignal;
}

/** Options with nothing left open, but for what the environment has to find out. */
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
  readonly admit: WorkerOptions['admit'];
  readonly groups: readonly GroupCredential[] | undefined;
  readonly minimumPrice: bigint | undefined;
  readonly allowOrigins: readonly string[];
  readonly bytesPerDay: number | undefined;
  readonly hours: string | undefined;
  readonly name: string;
  readonly signal: AbortSignal | undefined;
}

/** What the environment puts in for what was not said. */
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
  admit: true,
  groups: true,
  minimumPrice: true,
  allowOrigins: true,
  bytesPerDay: true,
  hours: true,
  name: true,
  signal: true,
};

/** @throws UNKNOWN_OPTION or INVALID_ARGUMENT, which name the option */
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
    admit: checkAdmit(options.admit),
    groups: checkGroups(options.groups),
    minimumPrice: checkPrice(options.minimumPrice),
    allowOrigins: checkOrigins(options.allowOrigins),
    bytesPerDay: checkBytesPerDay(options.bytesPerDay),
    hours: checkHours(options.hours),
    name: checkName(options.name),
    signal: checkSignal(options.signal),
  });
}

/** What the machine says of its cores may be nothing, or more than a worker may have. */
function coresOf(found: number): number {
  return Math.min(Math.max(1, Math.floor(found) || 1), SANDBOXES_PER_WORKER_MAX);
}
