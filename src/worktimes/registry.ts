/**
 * The worktimes that this version knows: names, versions and the files each needs. No runtime code is imported
 * here, so that a page that only describes a worktime does not bundle it.
 * @module
 */
import maxSatisfying from 'semver/ranges/max-satisfying.js';
import type { WorktimeName } from '../protocol/messages/messages.js';

export interface WorktimeDescription extends WorktimeName {
  /** What a job asks for when it says nothing: a semver range. */
  readonly defaultRange: string;
  /** Whether its runtime can be started from a snapshot of its memory. */
  readonly snapshot?: boolean;
  /** Files that a browser sandbox is handed as bytes, by their names in the package that carries them. */
  readonly assets?: readonly string[];
}

/** Every worktime of this version. A test keeps Pyodide's version equal to its package's. */
export const WORKTIMES: readonly WorktimeDescription[] = [
  { name: 'map-basic', version: '1.0.0', defaultRange: '^1.0.0' },
  { name: 'wasm', version: '1.0.0', defaultRange: '^1.0.0' },
  {
    name: 'pyodide',
    version: '314.0.7',
    defaultRange: '^314.0.0',
    snapshot: true,
    assets: ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip', 'pyodide-lock.json'],
  },
];

/** The description of one worktime by its name; undefined where there is none. */
export function describeWorktime(name: string): WorktimeDescription | undefined {
  return WORKTIMES.find((worktime) => worktime.name === name);
}

/**
 * The newest of `available` with that name whose version is in `range` (semver); undefined where there is none or
 * the range is malformed.
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
