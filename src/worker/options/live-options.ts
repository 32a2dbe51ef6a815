/**
 * What of a worker's options may change while it lives. Setting a property checks it and takes effect at once; what
 * is read is a copy, so that a list is changed by setting another.
 * @module
 */
import { unknownOption } from '../../lib/options.js';
import type { Address, JobId } from '../../protocol/messages/messages.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import {
  checkAddresses,
  checkAdmit,
  checkBytesPerDay,
  checkCores,
  checkGroups,
  checkHours,
  checkJobs,
  checkOrigins,
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
  | 'admit'
  | 'groups'
  | 'minimumPrice'
  | 'allowOrigins'
  | 'bytesPerDay'
  | 'hours';

/** All setters throw `INVALID_ARGUMENT` where construction would. */
export class LiveOptions {
  #now: Pick<ResolvedWorkerOptions, LiveKey>;
  readonly #changed: (key: LiveKey) => void;

  /** `changed` is called after each change. */
  constructor(options: ResolvedWorkerOptions, changed: (key: LiveKey) => void) {
    this.#now = { ...options };
    this.#changed = changed;
  }

  /** Sandboxes at work at most. Fewer: those that are too many hand back what they have not begun, and end. */
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

  /** Who is paid for leases that are taken from now on. */
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

  /** What runs of a job that is put in here is stopped at once. */
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

  /** Another one is asked again about every owner, as by `askAgain` of the worker; with none everybody comes in. */
  get admit(): WorkerOptions['admit'] {
    return this.#now.admit;
  }
  set admit(admit: WorkerOptions['admit']) {
    this.#set('admit', checkAdmit(admit));
  }

  /** With the SHA-256 of each secret, never the secret; whoever has it can join the group. */
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

  /** Units. */
  get minimumPrice(): bigint | undefined {
    return this.#now.minimumPrice;
  }
  set minimumPrice(price: bigint | undefined) {
    this.#set('minimumPrice', checkPrice(price));
  }

  /** Where input is fetched from besides the scheduler. What needs one that is taken away stops at once. */
  get allowOrigins(): readonly string[] {
    return this.#now.allowOrigins.slice();
  }
  set allowOrigins(origins: readonly string[]) {
    this.#set('allowOrigins', checkOrigins(origins));
  }

  get bytesPerDay(): number | undefined {
    return this.#now.bytesPerDay;
  }
  set bytesPerDay(bytes: number | undefined) {
    this.#set('bytesPerDay', checkBytesPerDay(bytes));
  }

  /** As `22:00-07:00`, local time; it pauses outside them, with the reason `hours`. */
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
 * The same options, where setting one that does not exist, or that cannot change any more, is refused.
 * @throws UNKNOWN_OPTION by the setter, with the nearest one
 */
export function refuseUnknown(options: LiveOptions): LiveOptions {
  const known = Object.getOwnPropertyNames(LiveOptions.prototype).filter((name) => name !== 'constructor');
  const check = (name: string | symbol): void => {
    if (typeof name === 'string' && known.includes(name)) return;
    throw unknownOption('worker.options', String(name), known);
  };
  return new Proxy(options, {
    // The accessors have their values in private fields, which a proxy does not have.
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
