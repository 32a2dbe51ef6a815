/**
 * Finds files of the npm packages that worktimes start from, for hosts in Node.
 * @module
 */

/** The URL of a file in an installed package. Throws where the package is not installed. */
export function installedFile(packageName: string, file: string): URL {
  return new URL(import.meta.resolve(`${packageName}/${file}`));
}
