/**
 * Bundles what a work function imports: the module of one that is given by URL, and the npm libraries that an inline one
 * requires.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { Bundler, ModuleBundle } from '../../worktimes/packing/bundler.js';
import { mapBasic } from '../../worktimes/map-basic/descriptor.js';
import type { LibraryImports } from './library-imports.js';
import type { WorktimeTarget } from './work-function.js';
import type { WorkSource } from './work-source.js';

/** The work function's module with all that it imports; undefined where it is shipped as it is. */
export async function bundleWork(
  work: WorkSource,
  { worktime, isCustom = false }: WorktimeTarget,
  bundler: Bundler | undefined,
  readModule: (url: URL) => Promise<Uint8Array>,
): Promise<ModuleBundle | undefined> {
  if (bundler === undefined || work.kind !== 'url' || isCustom || worktime !== mapBasic.name)
    return undefined;
  if (work.url.protocol !== 'file:') return undefined;
  const text = new TextDecoder().decode(await readModule(work.url));
  return bundler.isNeeded(work.url, text) ? bundler.bundleModule(work.url) : undefined;
}

/** The script of the libraries; undefined where none are named. @throws BUNDLER_MISSING, WORK_FUNCTION_INVALID */
export async function bundleRequired(
  imports: LibraryImports,
  { worktime, isCustom = false }: WorktimeTarget,
  bundler: Bundler | undefined,
): Promise<ModuleBundle | undefined> {
  if (imports.size === 0) return undefined;
  const [first] = imports.keys();
  if (isCustom || worktime !== mapBasic.name) {
    const text = `This job requires the library ${first}, and only work functions in ${mapBasic.label} can require one.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'imports' });
  }
  if (bundler !== undefined) return bundler.bundleLibraries(imports);
  const text =
    `This job requires the library ${first}, and a page cannot bundle it: put the work function into a module that ` +
    'imports it, and pass its URL, new URL("./work.js", import.meta.url); docs/packages.md says how it is bundled.';
  throw new ManyhandsError('BUNDLER_MISSING', text);
}
