/**
 * Where the files of the installed `pyodide` package are, for hosts in Node whose sandboxes can read nothing.
 * @module
 */

/** Throws where the package is not installed. */
export function installedPyodideFile(name: string): URL {
  return new URL(import.meta.resolve(`pyodide/${name}`));
}
