/**
 * Resolves the packages of a job, with all that they require, to files that fit one version of the worktime.
 * @module
 */
import type { ModuleResolver, ModulesRequest } from '../../packing/module-resolver.js';
import { CandidateFinder, isIndependentOfRelease } from './candidates.js';
import { markerEnvironment, readLockFile } from './lock-file.js';
import { parseRequirement, type Requirement } from './requirement.js';
import { readRequirementLines, readScriptDependencies } from './requirement-files.js';
import { Resolution } from './resolution.js';

const LOCK_FILE = 'pyodide-lock.json';

/** @throws INVALID_ARGUMENT, MODULES_UNRESOLVED and the errors of the request's functions */
export const resolveModules: ModuleResolver = async (request) => {
  const requirements = requirementsOf(request);
  if (requirements.length === 0) return undefined;
  const worktime = await request.worktime();
  const lock = readLockFile(await request.worktimeFile(worktime, LOCK_FILE));
  const finder = new CandidateFinder(lock, request.sources);
  const release = `${worktime.name} ${worktime.version}`;
  const resolution = new Resolution({ finder, lock, environment: markerEnvironment(lock), release });
  const packages = await resolution.resolve(requirements);
  const wanted = new Set(requirements.map(({ name }) => name));
  const imports = packages
    .filter(({ candidate }) => wanted.has(candidate.name))
    .flatMap(({ modules }) => modules);
  return {
    files: packages.map(({ candidate, bytes }) => ({ name: candidate.fileName, bytes })),
    imports: [...new Set(imports)],
    ...(packages.every(({ candidate }) => isIndependentOfRelease(candidate)) ? {} : { worktime }),
  };
};

function requirementsOf({ requirements, lists, source }: ModulesRequest): Requirement[] {
  const parse = (texts: readonly string[], where: string): Requirement[] =>
    texts.map((text) => parseRequirement(text, where));
  return [
    ...parse(requirements, 'job.modules'),
    ...lists.flatMap(({ name, text }) => parse(readRequirementLines(text, name), name)),
    ...(source === undefined
      ? []
      : parse(readScriptDependencies(source), 'The metadata of the work function')),
  ];
}
