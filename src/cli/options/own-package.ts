/**
 * The package that this command line is of.
 * @module
 */
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../../', import.meta.url);

/** The address of a file or folder in it. */
export function packageFile(path: string): URL {
  return new URL(path, FOLDER);
}

/** Its version. */
export function ownVersion(): string {
  return (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;
}
