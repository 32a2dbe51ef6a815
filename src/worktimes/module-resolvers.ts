/**
 * The resolvers of packages, by worktime. They are imported on demand: few jobs ship packages.
 * @module
 */
import type { ModuleResolver } from './packing/module-resolver.js';
import type { BuiltInWorktime } from './registry.js';

interface ResolverEntry {
  readonly load: () => Promise<ModuleResolver>;
  /** Whether a source carries requirements itself, so that they are resolved though `job.modules` is empty. */
  readonly isRequestedBy: (source: string) => boolean;
}

const RESOLVERS: Partial<Record<BuiltInWorktime, ResolverEntry>> = {
  pyodide: {
    load: async () => (await import('./pyodide/packages/resolve-modules.js')).resolveModules,
    isRequestedBy: (source) => /^# \/\/\/ script\s*$/m.test(source),
  },
};

/** The names of worktimes whose jobs can ship packages. */
export const WORKTIMES_WITH_MODULES: readonly string[] = Object.keys(RESOLVERS);

/** Undefined where the worktime's jobs ship no packages. */
export function moduleResolverOf(worktime: string): ResolverEntry | undefined {
  return Object.hasOwn(RESOLVERS, worktime) ? RESOLVERS[worktime as BuiltInWorktime] : undefined;
}
