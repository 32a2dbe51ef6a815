/**
 * One check for each option of a worker: returns the normalized value, or throws an error that names the option and the
 * accepted values. Used by the constructor and by live changes.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ID_PATTERN } from '../../lib/crypto/ids.js';
import { describeValue, readOptions } from '../../lib/options.js';
import { DIGEST_PATTERN } from '../../lib/crypto/sha256.js';
import {
  GROUPS_MAX,
  NAME_LENGTH_MAX,
  ORIGIN_LENGTH_MAX,
  SANDBOXES_PER_WORKER_MAX,
  UNITS_MAX,
  WORKER_FILTER_MAX,
  WORKER_ORIGINS_MAX,
} from '../../protocol/limits.js';
import type { Address, JobId, WorkerDescription } from '../../protocol/messages/messages.js';
import { hashSecret, type GroupCredential } from '../../wallet/group-credential.js';
import { formatHours, parseHours } from './working-hours.js';

export type Isolation = WorkerDescription['sandboxHost'];
/** What is kept ready between slices; see docs/worker.md. */
export type WarmPolicy = 'cold' | 'warm-runtime' | 'warm-function';

/** A compute group to join, with its secret or the secret's SHA-256, which is equivalent. Neither leaves this machine. */
export type GroupOption = ComputeGroupOption | FormerGroupOption;

export interface ComputeGroupOption {
  /** Name of the group. */
  joinKey: string;
  joinSecret?: string;
  /** SHA-256 of the secret, 64 hexadecimal digits. */
  joinHash?: string;
}

/** @deprecated The former names of the fields, which version 0.1 still accepts. */
export interface FormerGroupOption {
  key: string;
  secret?: string;
  secretHash?: string;
}

const ADDRESS = /^0x[0-9a-f]{40}$/i;
const ISOLATIONS: readonly Isolation[] = ['browser', 'deno', 'chromium', 'thread'];
const POLICIES: readonly WarmPolicy[] = ['cold', 'warm-runtime', 'warm-function'];

export function checkIsolation(isolation: unknown): Isolation {
  const found = ISOLATIONS.find((one) => one === isolation);
  if (found === undefined) throw invalid('isolation', `one of ${ISOLATIONS.join(', ')}`, isolation);
  return found;
}

export function checkPolicy(policy: unknown): WarmPolicy {
  const found = POLICIES.find((one) => one === policy);
  if (found === undefined) throw invalid('policy', `one of ${POLICIES.join(', ')}`, policy);
  return found;
}

export function checkCores(cores: unknown): number {
  const fits =
    Number.isSafeInteger(cores) && (cores as number) >= 1 && (cores as number) <= SANDBOXES_PER_WORKER_MAX;
  if (!fits) throw invalid('cores', `a whole number from 1 to ${SANDBOXES_PER_WORKER_MAX}`, cores);
  return cores as number;
}

export function checkShare(share: unknown): number {
  if (typeof share === 'number' && share > 0 && share <= 1) return share;
  throw invalid('share', 'a number above 0 and up to 1', share);
}

export function checkPaymentAddress(address: unknown): Address | undefined {
  return address === undefined ? undefined : checkAddress('paymentAddress', address);
}

export function checkAddresses(option: string, value: unknown): readonly Address[] | undefined {
  return list(option, value)?.map((one) => checkAddress(option, one));
}

export function checkJobs(option: string, value: unknown): readonly JobId[] | undefined {
  return list(option, value)?.map((one) => checkJob(option, one));
}

export function checkAddress(option: string, address: unknown): Address {
  if (typeof address === 'string' && ADDRESS.test(address)) return address.toLowerCase();
  throw invalid(option, 'an address: 0x and 40 hexadecimal digits', address);
}

export function checkJob(option: string, job: unknown): JobId {
  if (typeof job === 'string' && ID_PATTERN.test(job)) return job;
  throw invalid(option, 'a job id of 22 characters, or a list of them', job);
}

export function checkGroups(value: unknown): readonly GroupCredential[] | undefined {
  return list('groups', value, GROUPS_MAX)?.map(checkGroup);
}

/** The secret appears in no error message. */
function checkGroup(group: unknown): GroupCredential {
  if (typeof group !== 'object' || group === null)
    throw invalid('groups', 'a list of { joinKey, joinSecret }', group);
  const given = renameFormerFields(group);
  const { joinKey, joinSecret, joinHash } = given;
  if (typeof joinKey !== 'string' || joinKey === '' || joinKey.length > NAME_LENGTH_MAX)
    throw invalid('groups', 'a joinKey', joinKey);
  // An undefined secret must not turn the group into one without a secret.
  if ('joinSecret' in given && joinSecret === undefined)
    throw invalidSecret(joinKey, 'joinSecret', 'a string', joinSecret);
  if (joinSecret !== undefined && joinHash !== undefined) {
    const text = `The group ${joinKey} must have either a joinSecret or a joinHash, not both.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text);
  }
  if (joinHash !== undefined) {
    if (typeof joinHash === 'string' && DIGEST_PATTERN.test(joinHash))
      return { key: joinKey, secretHash: joinHash };
    throw invalidSecret(joinKey, 'joinHash', '64 hexadecimal digits', joinHash);
  }
  if (joinSecret === undefined) return { key: joinKey };
  if (typeof joinSecret !== 'string') throw invalidSecret(joinKey, 'joinSecret', 'a string', joinSecret);
  return { key: joinKey, secretHash: hashSecret(joinSecret) };
}

/** The fields of a group under their current names. @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
function renameFormerFields(group: object): Partial<Record<keyof ComputeGroupOption, unknown>> {
  if (!['key', 'secret', 'secretHash'].some((name) => name in group))
    return readOptions<ComputeGroupOption>(group, 'A group of a worker', {
      joinKey: true,
      joinSecret: true,
      joinHash: true,
    });
  const former = readOptions<FormerGroupOption>(group, 'A group of a worker', {
    key: true,
    secret: true,
    secretHash: true,
  });
  return {
    joinKey: former.key,
    ...('secret' in former && { joinSecret: former.secret }),
    ...('secretHash' in former && { joinHash: former.secretHash }),
  };
}

export function checkPrice(price: unknown): bigint | undefined {
  if (price === undefined) return undefined;
  if (typeof price !== 'bigint' || price < 0n || price > UNITS_MAX)
    throw invalid('minimumPrice', 'units as a bigint of at least 0n', price);
  return price;
}

/** Returns each origin as `scheme://host[:port]`. An address with a path is refused: only whole origins can be allowed. */
export function checkAllowOrigins(value: unknown): readonly string[] {
  return (list('allowOrigins', value, WORKER_ORIGINS_MAX) ?? []).map((one) => {
    const url = typeof one === 'string' && URL.canParse(one) ? new URL(one) : undefined;
    const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
    if (!isWeb || url.href !== `${url.origin}/`) {
      throw invalid('allowOrigins', 'a list of whole sites like https://example.com, without a path', one);
    }
    if (url.origin.length <= ORIGIN_LENGTH_MAX) return url.origin;
    throw invalid('allowOrigins', `a list of sites of at most ${ORIGIN_LENGTH_MAX} characters each`, one);
  });
}

export function checkBytesPerDay(bytes: unknown): number | undefined {
  if (bytes === undefined) return undefined;
  if (Number.isSafeInteger(bytes) && (bytes as number) > 0) return bytes as number;
  throw invalid('bytesPerDay', 'a whole number of bytes above 0', bytes);
}

/** Normalized to `22:00-07:00`. */
export function checkHours(hours: unknown): string | undefined {
  if (hours === undefined) return undefined;
  const read = typeof hours === 'string' ? parseHours(hours) : undefined;
  if (read === undefined)
    throw invalid('hours', "text like '22-7' or '22:30-07:00' with two different times", hours);
  return formatHours(read);
}

export function checkAuthorize<T>(authorize: T | undefined): T | undefined {
  if (authorize === undefined || typeof authorize === 'function') return authorize;
  throw invalid('authorize', 'a function', authorize);
}

export function checkName(name: unknown): string {
  if (name === undefined) return 'worker';
  if (typeof name === 'string' && name !== '' && name.length <= NAME_LENGTH_MAX) return name;
  throw invalid('name', `text of 1 to ${NAME_LENGTH_MAX} characters`, name);
}

export function checkSignalOption(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw invalid('signal', 'an AbortSignal', signal);
}

function list(option: string, value: unknown, max = WORKER_FILTER_MAX): readonly unknown[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length <= max) return value as unknown[];
  throw invalid(option, `a list of at most ${max}`, value);
}

export function invalid(option: string, expected: string, found: unknown): ManyhandsError {
  const text = `The option ${option} of a worker must be ${expected}; it is ${describeValue(found)}.`;
  return new ManyhandsError('INVALID_ARGUMENT', text, { option });
}

/** The error for a wrong secret or hash of a group. Its text has no part of the value, which may be the secret. */
function invalidSecret(group: string, field: string, expected: string, found: unknown): ManyhandsError {
  const described =
    typeof found === 'string' ? `a string of ${found.length} characters` : `of the type ${typeof found}`;
  const text = `The option groups of a worker is wrong: the ${field} of the group ${group} must be ${expected}; it is ${described}.`;
  return new ManyhandsError('INVALID_ARGUMENT', text, { option: 'groups' });
}
