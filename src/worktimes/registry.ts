/**
 * The worktimes of this version: their names, versions and files. No runtime code is imported here, so that a page that
 * only describes a worktime does not bundle it.
 * @module
 */
import maxSatisfying from 'semver/ranges/max-satisfying.js';
import type { WorktimeName } from '../protocol/messages/messages.js';

export interface WorktimeDescription extends WorktimeName {
  /** The semver range of a job that does not specify one. */
  readonly defaultRange: string;
  /** Whether the runtime can start from a snapshot of its memory. */
  readonly snapshot?: boolean;
  /** Files that a browser sandbox receives as bytes, by their names in the package that contains them. */
  readonly assets?: readonly string[];
}

/** Every worktime of this version. A test checks that Pyodide's version is that of the installed package. */
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

/** The description of a worktime by its name; undefined where there is none. */
export function describeWorktime(name: string): WorktimeDescription | undefined {
  return WORKTIMES.find((worktime) => worktime.name === name);
}

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
