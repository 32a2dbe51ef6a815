/**
 * The options of a worker: what a user may write, checked once and made whole. An unknown name or a wrong type is
 * refused with a word on what would do.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { ID_PATTERN } from '../lib/ids.js';
import { DIGEST_PATTERN, sha256Hex } from '../lib/sha256.js';
import {
  GROUPS_MAX,
  NAME_LENGTH_MAX,
  SANDBOXES_PER_WORKER_MAX,
  UNITS_MAX,
  WORKER_FILTER_MAX,
} from '../protocol/limits.js';
import type { Address, GroupKey, JobId, WorkerDescription } from '../protocol/messages.js';
import { parseSchedulerUrl } from '../protocol/scheduler-url.js';
import type { SchedulerUrl } from '../protocol/scheduler-url.js';

export type Isolation = WorkerDescription['isolation'];

/** A compute group to join: by its secret, which never leaves this machine, or by the secret's SHA-256. */
export interface GroupOption {
  key: string;
  secret?: string;
  secretHash?: string;
}

/** What a user of `new Worker(...)` may say. */
export interface WorkerOptions {
  /** Address of the scheduler. @default MANYHANDS_SCHEDULER, this page's own address, or http://localhost:8462 */
  scheduler?: string | URL;
  /** How job code is kept from this machine. @default 'thread' in Node, 'browser' in a page */
  isolation?: Isolation;
  /** Sandboxes at work at most. @default the cores of this machine */
  cores?: number;
  /** Whose account is paid; nobody's when absent: `0x` and 40 hexadecimal digits. */
  paymentAddress?: Address;
  /** Runs the jobs of these owners only. @default with 'thread': this machine's own identity; else anybody's */
  owners?: readonly Address[];
  /** Runs these jobs only. @default any */
  jobs?: readonly JobId[];
  /** Runs jobs of these compute groups. @default the public group */
  groups?: readonly GroupOption[];
  /** Least price of one slice that is worked for, in units (1 credit = 10^9 units). @default 0n */
  minimumPrice?: bigint;
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
  readonly paymentAddress: Address | undefined;
  readonly owners: readonly Address[] | undefined;
  readonly jobs: readonly JobId[] | undefined;
  readonly groups: readonly GroupKey[] | undefined;
  readonly minimumPrice: bigint | undefined;
  readonly name: string;
  readonly signal: AbortSignal | undefined;
}

/** What the environment puts in for what was not said. */
export interface WorkerDefaults {
  scheduler: string;
  isolation: Isolation;
  cores: number;
}

const ADDRESS = /^0x[0-9a-f]{40}$/i;
const ISOLATIONS: readonly Isolation[] = ['browser', 'deno', 'chromium', 'thread'];

/** @throws UNKNOWN_OPTION or INVALID_ARGUMENT, which name the option */
export function resolveWorkerOptions(
  options: WorkerOptions,
  defaults: WorkerDefaults,
): ResolvedWorkerOptions {
  if (typeof options !== 'object' || options === null) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `A worker's options must be an object, not ${show(options)}.`,
    );
  }
  const {
    scheduler,
    isolation,
    cores,
    paymentAddress,
    owners,
    jobs,
    groups,
    minimumPrice,
    name,
    signal,
    ...rest
  } = options;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) {
    const known =
      'scheduler, isolation, cores, paymentAddress, owners, jobs, groups, minimumPrice, name, signal';
    throw new ManyhandsError('UNKNOWN_OPTION', `A worker has no option ${show(unknown)}; it has ${known}.`, {
      option: unknown,
    });
  }
  return Object.freeze({
    scheduler: parseSchedulerUrl(scheduler ?? defaults.scheduler),
    isolation: resolveIsolation(isolation ?? defaults.isolation),
    cores: resolveCores(cores, defaults.cores),
    paymentAddress:
      paymentAddress === undefined ? undefined : resolveAddress('paymentAddress', paymentAddress),
    owners: list('owners', owners)?.map((owner) => resolveAddress('owners', owner)),
    jobs: list('jobs', jobs)?.map(resolveJob),
    groups: list('groups', groups, GROUPS_MAX)?.map(resolveGroup),
    minimumPrice: resolvePrice(minimumPrice),
    name: resolveName(name),
    signal: resolveSignal(signal),
  });
}

function resolveIsolation(isolation: unknown): Isolation {
  const found = ISOLATIONS.find((one) => one === isolation);
  if (found === undefined) throw invalid('isolation', `one of ${ISOLATIONS.join(', ')}`, isolation);
  return found;
}

function resolveCores(cores: unknown, found: number): number {
  if (cores === undefined) return Math.min(Math.max(1, Math.floor(found) || 1), SANDBOXES_PER_WORKER_MAX);
  const fits =
    Number.isSafeInteger(cores) && (cores as number) >= 1 && (cores as number) <= SANDBOXES_PER_WORKER_MAX;
  if (!fits) throw invalid('cores', `a whole number from 1 to ${SANDBOXES_PER_WORKER_MAX}`, cores);
  return cores as number;
}

function resolveAddress(option: string, address: unknown): Address {
  if (typeof address === 'string' && ADDRESS.test(address)) return address.toLowerCase();
  throw invalid(option, 'an address: 0x and 40 hexadecimal digits', address);
}

function resolveJob(job: unknown): JobId {
  if (typeof job === 'string' && ID_PATTERN.test(job)) return job;
  throw invalid('jobs', 'a list of job ids of 22 characters', job);
}

/** The secret is never shown, in no error either. */
function resolveGroup(group: GroupOption): GroupKey {
  if (typeof group !== 'object' || group === null)
    throw invalid('groups', 'a list of { key, secret }', group);
  const { key, secret, secretHash } = group;
  if (typeof key !== 'string' || key === '' || key.length > NAME_LENGTH_MAX)
    throw invalid('groups', 'a key', key);
  if (secret !== undefined && secretHash !== undefined) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `Give the group ${key} its secret or its secretHash, not both.`,
    );
  }
  if (secretHash !== undefined) {
    if (typeof secretHash === 'string' && DIGEST_PATTERN.test(secretHash)) return { key, secretHash };
    throw invalid('groups', 'a secretHash of 64 hexadecimal digits', typeof secretHash);
  }
  if (secret === undefined) return { key };
  if (typeof secret !== 'string') throw invalid('groups', 'a secret that is text', typeof secret);
  return { key, secretHash: sha256Hex(new TextEncoder().encode(secret)) };
}

function resolvePrice(price: unknown): bigint | undefined {
  if (price === undefined) return undefined;
  if (typeof price !== 'bigint' || price < 0n || price > UNITS_MAX)
    throw invalid('minimumPrice', 'units as a bigint of at least 0n', price);
  return price;
}

function resolveName(name: unknown): string {
  if (name === undefined) return 'worker';
  if (typeof name === 'string' && name !== '' && name.length <= NAME_LENGTH_MAX) return name;
  throw invalid('name', `text of 1 to ${NAME_LENGTH_MAX} characters`, name);
}

function resolveSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw invalid('signal', 'an AbortSignal', signal);
}

function list<T>(
  option: string,
  value: readonly T[] | undefined,
  max = WORKER_FILTER_MAX,
): readonly T[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length <= max) return value as readonly T[];
  throw invalid(option, `a list of at most ${max}`, value);
}

function invalid(option: string, expected: string, found: unknown): ManyhandsError {
  const text = `The option ${option} of a worker must be ${expected}; it is ${show(found)}.`;
  return new ManyhandsError('INVALID_ARGUMENT', text, { option });
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return `${String(value)} (${typeof value})`;
}
