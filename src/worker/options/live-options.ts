/**
 * The options of a worker that can change while it runs. Setting a property checks the value and takes effect at once.
 * Reading returns a copy: to change a list, set a new one.
 * @module
 */
import { unknownOption } from '../../lib/options.js';
import type { Address, JobId } from '../../protocol/messages/messages.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import {
  checkAddresses,
  checkAuthorize,
  checkBytesPerDay,
  checkCores,
  checkGroups,
  checkHours,
  checkJobs,
  checkAllowOrigins,
  checkPaymentAddress,
  checkPrice,
  checkShare,
} from './option-checks.js';
import type { ComputeGroupOption, GroupOption } from './option-checks.js';
import type { ResolvedWorkerOptions, WorkerOptions } from './resolve-options.js';

type LiveKey =
  | 'cores'
  | 'share'
  | 'paymentAddress'
  | 'jobs'
  | 'blockedJobs'
  | 'blockedOwners'
  | 'authorize'
  | 'groups'
  | 'minimumPrice'
  | 'allowOrigins'
  | 'bytesPerDay'
  | 'hours';

/** The setters throw INVALID_ARGUMENT, as the constructor of a worker does. */
export class LiveOptions {
  #now: Pick<ResolvedWorkerOptions, LiveKey>;
  readonly #changed: (key: LiveKey) => void;

  /** `changed` is called after each change. */
  constructor(options: ResolvedWorkerOptions, changed: (key: LiveKey) => void) {
    this.#now = { ...options };
    this.#changed = changed;
  }

  /** Maximum number of active sandboxes. When lowered, the surplus ones release slices that have not started, and end. */
  get cores(): number {
    return this.#now.cores;
  }
  set cores(cores: number) {
    this.#set('cores', checkCores(cores));
  }

  /** Part of its time that each sandbox works, above 0 and up to 1. */
  get share(): number {
    return this.#now.share;
  }
  set share(share: number) {
    this.#set('share', checkShare(share));
  }

  /** Address of the account that is paid for leases granted from now on. */
  get paymentAddress(): Address | undefined {
    return this.#now.paymentAddress;
  }
  set paymentAddress(address: Address | undefined) {
    this.#set('paymentAddress', checkPaymentAddress(address));
  }

  get jobs(): readonly JobId[] | undefined {
    return this.#now.jobs?.slice();
  }
  set jobs(jobs: readonly JobId[] | undefined) {
    this.#set('jobs', checkJobs('jobs', jobs));
  }

  /** A job that is added here is stopped at once. */
  get blockedJobs(): readonly JobId[] {
    return this.#now.blockedJobs.slice();
  }
  set blockedJobs(jobs: readonly JobId[]) {
    this.#set('blockedJobs', checkJobs('blockedJobs', jobs) ?? []);
  }

  get blockedOwners(): readonly Address[] {
    return this.#now.blockedOwners.slice();
  }
  set blockedOwners(owners: readonly Address[]) {
    this.#set('blockedOwners', checkAddresses('blockedOwners', owners) ?? []);
  }

  /** A new function is called for every owner, as by `reauthorize` of the worker; undefined accepts every owner. */
  get authorize(): WorkerOptions['authorize'] {
    return this.#now.authorize;
  }
  set authorize(authorize: WorkerOptions['authorize']) {
    this.#set('authorize', checkAuthorize(authorize));
  }

  /** A former name of `authorize`. @deprecated removed in the next version */
  get admit(): WorkerOptions['authorize'] {
    return this.authorize;
  }
  set admit(authorize: WorkerOptions['authorize']) {
    this.authorize = authorize;
  }

  /** Contains the SHA-256 of each secret, not the secret; the SHA-256 also allows joining the group. */
  get groups(): readonly ComputeGroupOption[] | undefined {
    return this.#now.groups?.map(({ key, secretHash }) =>
      secretHash === undefined ? { joinKey: key } : { joinKey: key, joinHash: secretHash },
    );
  }
  set groups(groups: readonly GroupOption[] | undefined) {
    this.#set('groups', checkGroups(groups));
  }

  /** @internal The groups in the form that the session uses. */
  get groupCredentials(): readonly GroupCredential[] | undefined {
    return this.#now.groups;
  }

  /** Lowest price of a slice at which it works, in units (1 credit = 10^9 units). */
  get minimumPrice(): bigint | undefined {
    return this.#now.minimumPrice;
  }
  set minimumPrice(units: bigint | undefined) {
    this.#set('minimumPrice', checkPrice(units));
  }

  /** Origins that input may be fetched from, in addition to the scheduler. Jobs that need a removed one stop at once. */
  get allowOrigins(): readonly string[] {
    return this.#now.allowOrigins.slice();
  }
  set allowOrigins(origins: readonly string[]) {
    this.#set('allowOrigins', checkAllowOrigins(origins));
  }

  get bytesPerDay(): number | undefined {
    return this.#now.bytesPerDay;
  }
  set bytesPerDay(bytes: number | undefined) {
    this.#set('bytesPerDay', checkBytesPerDay(bytes));
  }

  /** Formatted as `22:00-07:00`, local time; outside these hours it is paused with the reason `hours`. */
  get hours(): string | undefined {
    return this.#now.hours;
  }
  set hours(hours: string | undefined) {
    this.#set('hours', checkHours(hours));
  }

  #set<K extends LiveKey>(key: K, value: ResolvedWorkerOptions[K]): void {
    this.#now = { ...this.#now, [key]: value };
    this.#changed(key);
  }
}

/**
 * Wraps the options so that setting an unknown option, or one that cannot change, throws.
 * @throws UNKNOWN_OPTION by the setter, with the most similar name
 */
export function rejectUnknown(options: LiveOptions): LiveOptions {
  const known = Object.getOwnPropertyNames(LiveOptions.prototype).filter((name) => name !== 'constructor');
  const check = (name: string | symbol): void => {
    if (typeof name === 'string' && known.includes(name)) return;
    throw unknownOption('worker.options', String(name), known);
  };
  return new Proxy(options, {
    // The accessors use private fields, which the proxy does not have.
    get: (target, name): unknown => Reflect.get(target, name, target),
    set(target, name, value) {
      check(name);
      return Reflect.set(target, name, value, target);
    },
    defineProperty(_target, name) {
      throw unknownOption('worker.options', String(name), known);
    },
  });
}
