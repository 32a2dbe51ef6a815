/**
 * `work.require`: the npm libraries of a job. Their script is evaluated when the first of them is required, and each
 * library once in a sandbox.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { LIBRARIES_NAME } from './compile.js';
import type { JobContext } from './runtime.js';

/** @param evaluate runs a script and returns its value */
export function requireLibrary(
  libraries: JobContext['libraries'],
  evaluate: (script: string) => unknown,
): (name: string) => unknown {
  const loaded = new Map<string, unknown>();
  let loaders: Record<string, () => unknown> | undefined;
  return (name) => {
    if (loaded.has(name)) return loaded.get(name);
    if (libraries?.names.includes(name) !== true) throw unknownLibrary(name, libraries?.names ?? []);
    loaders ??= evaluate(`${libraries.script}\n//# sourceURL=${LIBRARIES_NAME}`) as Record<
      string,
      () => unknown
    >;
    const library = loaders[name]!();
    loaded.set(name, library);
    return library;
  };
}

function unknownLibrary(name: unknown, names: readonly string[]): ManyhandsError {
  const has = names.length === 0 ? 'no library' : `the libraries ${names.join(', ')}`;
  const text = `work.require(${JSON.stringify(String(name))}): this job has ${has}. Name it where the job is made: job.requires('${String(name)}').`;
  return new ManyhandsError('INVALID_ARGUMENT', text, { name: String(name) });
}
