/**
 * The errors for packages that no file was found for: they name the package, who requires it, and what would do.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { MODULE_FILES_MAX } from '../../../protocol/limits.js';
import type { Found } from './candidates.js';
import type { LockedPackage } from './lock-file.js';
import type { Demand } from './demand.js';

interface Failure {
  readonly name: string;
  readonly demands: readonly Demand[];
  readonly found: Found;
  /** The worktime with its version. */
  readonly release: string;
}

/** There is no file of the package that the interpreter could use. */
export function noFile({
  name,
  demands,
  found: { unfit, searched },
  release,
  locked,
}: Failure & { locked: LockedPackage | undefined }): ManyhandsError<'MODULES_UNRESOLVED'> {
  const places = searched.length === 0 ? 'no place was given to search' : `searched: ${searched.join(', ')}`;
  const others = unfit.length === 0 ? '' : ` What is there does not fit, such as ${unfit.at(-1)!}.`;
  const what =
    locked === undefined
      ? `The package ${name} has no wheel that runs in ${release}: neither one of Python alone nor one built for WebAssembly`
      : `The package ${name} was built for ${release}, and its file ${locked.fileName} was not found`;
  const advice = locked === undefined ? adviceOnUnbuilt(name) : adviceOnLocked(locked);
  return unresolved(`${what}${requiredBy(demands)} (${places}).${others} ${advice}`, name, searched);
}

/** There are files, and none has a version that is required. */
export function noVersion({
  name,
  demands,
  found: { candidates, searched },
  release,
}: Failure): ManyhandsError<'MODULES_UNRESOLVED'> {
  const versions = [...new Set(candidates.map(({ version }) => version))];
  const shown = versions.slice(0, 8).join(', ') + (versions.length > 8 ? ' and older ones' : '');
  const all = demands.map(({ requirement: { range }, by }) => `${by} requires ${range || 'any version'}`);
  const wants = [...new Set(all)];
  const text = `No version of ${name} for ${release} is all that is required: ${wants.join('; ')}. There are ${shown}.`;
  return unresolved(`${text} Change the requirement, or add a wheel by job.wheels.`, name, searched);
}

export function tooMany(): ManyhandsError<'MODULES_UNRESOLVED'> {
  const text = `The packages of job.modules need more than ${MODULE_FILES_MAX} files together. Require fewer of them.`;
  return new ManyhandsError('MODULES_UNRESOLVED', text, { limit: MODULE_FILES_MAX });
}

function adviceOnLocked({ fileName }: LockedPackage): string {
  return (
    `Put ${fileName} of that release of Pyodide into a folder and set job.wheels = 'folder', or ask the operator of the ` +
    'scheduler for it (--wheels); docs/python-packages.md tells how. Or choose a version of the worktime whose packages you have by job.worktimeVersion.'
  );
}

function adviceOnUnbuilt(name: string): string {
  return (
    `Build a wheel of it for Pyodide (pyodide build) and set job.wheels = 'folder', require a package that does without ` +
    `it, or leave ${name} out.`
  );
}

function requiredBy(demands: readonly Demand[]): string {
  const others = [...new Set(demands.map(({ by }) => by))].filter((by) => by !== 'job.modules');
  return others.length === 0 ? '' : `; ${others.join(' and ')} requires it`;
}

function unresolved(
  text: string,
  name: string,
  searched: readonly string[],
): ManyhandsError<'MODULES_UNRESOLVED'> {
  return new ManyhandsError('MODULES_UNRESOLVED', text, { name, searched: [...searched] });
}
