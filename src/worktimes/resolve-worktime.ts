/**
 * Chooses the version of a worktime. Apart from the registry, which sandboxes include and which needs no semver.
 * @module
 */
import maxSatisfying from 'semver/ranges/max-satisfying.js';
import type { WorktimeName } from '../protocol/messages/messages.js';

/**
 * The newest of `available` with that name whose version is in `range` (semver); undefined where there is none, or the
 * range is malformed.
 */
export function resolveWorktime(
  available: readonly WorktimeName[],
  name: string,
  range: string,
): WorktimeName | undefined {
  const versions = available.filter((one) => one.name === name).map((one) => one.version);
  const version = maxSatisfying(versions, range);
  return version === null ? undefined : { name, version };
}
