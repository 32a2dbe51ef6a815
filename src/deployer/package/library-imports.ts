/**
 * The npm libraries that a work function may require, as the user names them.
 * @module
 */
import { describeValue, readOptions } from '../../lib/options.js';
import { LIBRARIES_MAX, NAME_LENGTH_MAX } from '../../protocol/limits.js';
import { invalidArgument } from '../arguments/check-arguments.js';

/** What each name stands for: the name of a package (or of a file of it), or the `file:` URL of a module. */
export type LibraryImports = ReadonlyMap<string, string | URL>;

/** The last argument of `computeFor` and `compute.do`. */
export interface CallSettings {
  /**
   * The npm libraries that the work function requires, by the names that it uses: `{ imports: { math: 'mathjs' } }` makes
   * `work.require('math')` the package `mathjs`. A module of your own is named by its URL.
   */
  imports?: Readonly<Record<string, string | URL>>;
}

/** @throws INVALID_ARGUMENT, UNKNOWN_OPTION */
export function readCallSettings(given: unknown): LibraryImports {
  const { imports } = readOptions<CallSettings>(given, 'The last argument of computeFor', { imports: true });
  return imports === undefined ? new Map() : readImports('imports', imports);
}

/** The names that `job.requires` takes: one, several, or an object of names and what they stand for. */
export function readRequires(given: unknown): LibraryImports {
  if (typeof given === 'string') return readImports('job.requires', { [given]: given });
  if (!Array.isArray(given)) return readImports('job.requires', given);
  return readImports('job.requires', Object.fromEntries(given.map((name: unknown) => [String(name), name])));
}

function readImports(where: string, given: unknown): LibraryImports {
  if (typeof given !== 'object' || given === null || Object.getPrototypeOf(given) !== Object.prototype)
    throw invalidArgument(`${where} takes { name: 'package' }; got ${describeValue(given)}.`);
  const entries = Object.entries(given);
  if (entries.length > LIBRARIES_MAX)
    throw invalidArgument(`${where} has more than ${LIBRARIES_MAX} libraries.`);
  return new Map(
    entries.map(([name, library]) => [checkName(where, name), checkLibrary(where, name, library)]),
  );
}

function checkName(where: string, name: string): string {
  if (name !== '' && name.length <= NAME_LENGTH_MAX) return name;
  throw invalidArgument(`${where}: the name of a library must have 1 to ${NAME_LENGTH_MAX} characters.`);
}

function checkLibrary(where: string, name: string, library: unknown): string | URL {
  if (library instanceof URL && library.protocol === 'file:') return library;
  if (library instanceof URL)
    throw invalidArgument(`${where}.${name} must be a file: URL, not ${library.protocol}`);
  if (typeof library !== 'string' || library === '')
    throw invalidArgument(`${where}.${name} must be the name of a package; got ${describeValue(library)}.`);
  if (!/^[./~]|^[A-Za-z]:/.test(library)) return library;
  const shown = JSON.stringify(library);
  throw invalidArgument(`${where}.${name} is a path: pass new URL(${shown}, import.meta.url).`);
}
