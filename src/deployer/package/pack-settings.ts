/**
 * Converts the settings of a job to fields of its package. Secrets of compute groups are hashed here and never leave
 * this process.
 * @module
 */
import { readOptions } from '../../lib/options.js';
import { DIGEST_PATTERN } from '../../lib/crypto/sha256.js';
import type { JobPackage } from '../../protocol/job/job-package.js';
import {
  ENV_COUNT_MAX,
  GROUPS_MAX,
  NO_PROGRESS_MS_DEFAULT,
  PUBLIC_TEXT_LENGTH_MAX,
  SLICE_ATTEMPTS_MAX,
  SLICE_TIMEOUT_MS_MAX,
} from '../../protocol/limits.js';
import { sorted } from '../../protocol/input/remote-sets.js';
import { isOrigin } from '../../protocol/input/remote-url.js';
import { hashSecret, type GroupCredential } from '../../wallet/group-credential.js';
import { invalidArgument } from '../arguments/check-arguments.js';

/** The description of a job that workers may show to their owners. */
export interface PublicInfo {
  name: string | null;
  description: string | null;
  /** An http(s) URL. */
  link: string | null;
}

/**
 * A compute group with its secret, or with the SHA-256 of the secret as 64 hexadecimal digits; `public` needs neither.
 */
export interface ComputeGroup {
  joinKey: string;
  joinSecret?: string;
  joinHash?: string;
}

export interface JobLimits {
  /** Maximum time of one slice, milliseconds. @default 24 hours */
  sliceTimeoutMs?: number;
  /** Maximum time of one slice without progress or console output, milliseconds. @default 5 minutes */
  noProgressMs?: number;
  /**
   * Attempts after which a slice fails, 1 to 8, on whichever workers: an error that the work function throws, or the loss
   * of its sandbox. @default until independent workers agree (2 errors, 3 losses)
   */
  attempts?: number;
  /** Whether the first slice that fails cancels the job with its error. @default false */
  failFast?: boolean;
}

export const PUBLIC_GROUP: Readonly<ComputeGroup> = { joinKey: 'public' };

/** @throws INVALID_ARGUMENT */
export function packGroups(groups: readonly ComputeGroup[]): GroupCredential[] {
  if (!Array.isArray(groups))
    throw invalidArgument('job.computeGroups must be an array of { joinKey, joinSecret }.');
  if (groups.length === 0)
    throw invalidArgument('job.computeGroups is empty, so no worker could take the job.');
  if (groups.length > GROUPS_MAX) throw invalidArgument(`A job joins at most ${GROUPS_MAX} compute groups.`);
  return groups.map((group: ComputeGroup, index) => packGroup(group, index));
}

function packGroup(group: ComputeGroup, index: number): GroupCredential {
  const where = `job.computeGroups[${index}]`;
  if (typeof group !== 'object' || group === null)
    throw invalidArgument(`${where} must be { joinKey, joinSecret }.`);
  const given = readOptions<ComputeGroup>(group, where, { joinKey: true, joinSecret: true, joinHash: true });
  const { joinKey, joinSecret, joinHash } = given;
  if (typeof joinKey !== 'string' || joinKey === '')
    throw invalidArgument(`${where}.joinKey must be a string.`);
  if (typeof joinSecret === 'string') {
    return { key: joinKey, secretHash: hashSecret(joinSecret) };
  }
  if (typeof joinHash === 'string' && DIGEST_PATTERN.test(joinHash))
    return { key: joinKey, secretHash: joinHash };
  if (joinSecret !== undefined || joinHash !== undefined) {
    throw invalidArgument(`${where} needs a joinSecret (a string) or a joinHash (64 hexadecimal digits).`);
  }
  if (joinKey !== PUBLIC_GROUP.joinKey) throw invalidArgument(`${where} ('${joinKey}') needs a joinSecret.`);
  return { key: joinKey };
}

/** @throws INVALID_ARGUMENT */
export function packPublic(info: Partial<PublicInfo>, jobId: string): JobPackage['public'] {
  const given = readOptions<PublicInfo>(info, 'job.public', { name: true, description: true, link: true });
  const text = {
    name: given.name ?? `Ad-hoc job ${jobId.slice(0, 6)}`,
    description: given.description ?? '',
    link: given.link ?? '',
  };
  for (const [field, value] of Object.entries(text)) {
    if (typeof value !== 'string') throw invalidArgument(`job.public.${field} must be a string.`);
    if (value.length > PUBLIC_TEXT_LENGTH_MAX) {
      throw invalidArgument(`job.public.${field} is longer than ${PUBLIC_TEXT_LENGTH_MAX} characters.`);
    }
  }
  if (text.link !== '' && !/^https?:\/\//.test(text.link))
    throw invalidArgument('job.public.link must be an http(s) URL.');
  return text;
}

/** @throws LIMIT_EXCEEDED */
export function packOrigins(named: readonly string[]): Pick<JobPackage, 'origins'> {
  const origins = sorted(named);
  return origins.length === 0 ? {} : { origins };
}

/** Normalises each origin as `URL.origin` does. @throws INVALID_ARGUMENT */
export function checkOrigins(named: readonly string[]): string[] {
  if (!Array.isArray(named))
    throw invalidArgument('job.origins must be an array of origins like https://example.com.');
  return named.map((one: unknown) => {
    const url = typeof one === 'string' && URL.canParse(one) ? new URL(one) : undefined;
    if (url !== undefined && isOrigin(url.origin)) return url.origin;
    throw invalidArgument(
      `job.origins must contain origins like https://example.com; got ${JSON.stringify(one)}.`,
    );
  });
}

/** @throws INVALID_ARGUMENT */
export function packEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  if (typeof env !== 'object' || env === null || Array.isArray(env))
    throw invalidArgument('job.env must be an object of names and strings, { NAME: "text" }.');
  const entries = Object.entries(env);
  if (entries.length > ENV_COUNT_MAX)
    throw invalidArgument(`job.env has more than ${ENV_COUNT_MAX} variables.`);
  for (const [name, value] of entries) {
    if (!/^[^=\0]+$/.test(name)) throw invalidArgument(`job.env has a malformed name: '${name}'.`);
    if (typeof value !== 'string')
      throw invalidArgument(`job.env.${name} must be a string; got ${typeof value}.`);
  }
  return Object.fromEntries(entries);
}

/** @throws INVALID_ARGUMENT, UNKNOWN_OPTION */
export function packLimits(limits: JobLimits): JobPackage['limits'] {
  const given = readOptions<JobLimits>(limits, 'job.limits', {
    sliceTimeoutMs: true,
    noProgressMs: true,
    attempts: true,
    failFast: true,
  });
  const sliceTimeoutMs = given.sliceTimeoutMs ?? SLICE_TIMEOUT_MS_MAX;
  const noProgressMs = given.noProgressMs ?? Math.min(NO_PROGRESS_MS_DEFAULT, sliceTimeoutMs);
  for (const [name, value] of Object.entries({ sliceTimeoutMs, noProgressMs })) {
    if (!Number.isSafeInteger(value) || value < 1 || value > SLICE_TIMEOUT_MS_MAX) {
      throw invalidArgument(
        `job.limits.${name} must be a whole number of milliseconds from 1 to ${SLICE_TIMEOUT_MS_MAX}.`,
      );
    }
  }
  return { sliceTimeoutMs, noProgressMs, ...packPolicies(given) };
}

/** @throws INVALID_ARGUMENT */
function packPolicies({
  attempts,
  failFast = false,
}: JobLimits): Pick<JobPackage['limits'], 'attempts' | 'failFast'> {
  if (
    attempts !== undefined &&
    !(Number.isSafeInteger(attempts) && attempts >= 1 && attempts <= SLICE_ATTEMPTS_MAX)
  )
    throw invalidArgument(`job.limits.attempts must be a whole number from 1 to ${SLICE_ATTEMPTS_MAX}.`);
  if (typeof failFast !== 'boolean') throw invalidArgument('job.limits.failFast must be true or false.');
  return { ...(attempts === undefined ? {} : { attempts }), ...(failFast && { failFast }) };
}
