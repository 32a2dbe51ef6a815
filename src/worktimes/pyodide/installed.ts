/**
 * Finds the files of the installed `pyodide` package, for hosts in Node whose sandboxes cannot read files.
 * @module
 */

/** The file URL of a file of the package. Throws where the package is not installed. */
export function installedPyodideFile(name: string): URL {
  return new URL(import.meta.resolve(`pyodide/${name}`));
}
